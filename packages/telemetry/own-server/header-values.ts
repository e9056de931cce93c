/** Header values that have a grammar, read by it (RFC 9110, section 5.6): case and blanks say nothing. */
import { MIMEType } from 'node:util';

export interface MediaType {
  /** `application/json`, in lower case. */
  readonly type: string;
  /** In lower case. */
  readonly charset: string | undefined;
}

/** More than two names of 127 characters (RFC 6838, section 4.2) and a charset. */
const longestMediaType = 300;

/**
 * Reads a Content-Type as browsers do. Node's `MIMEType` takes quadratic time for blanks, 0.6 s of 16 KB, so it gets no
 * long ones.
 * @returns `undefined` when it is none, or too long for one
 */
export function mediaTypeOf(header: string): MediaType | undefined {
  if (header.length > longestMediaType) return undefined;
  try {
    const { essence, params } = new MIMEType(header);
    return { type: essence, charset: params.get('charset')?.toLowerCase() };
  } catch {
    return undefined;
  }
}

/** The elements of a list of words such as Content-Encoding, in lower case; empty ones don't count. */
export function wordsOf(header: string): string[] {
  return header
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** The host in a field Host, in lower case, without port and brackets; '' when it names none. */
export function hostnameOf(header: string): string {
  if (/[@/?#\\]/.test(header)) return '';
  return URL.parse(`http://${header}`)?.hostname.replace(/^\[|\]$/g, '') ?? '';
}
