import type { IncomingMessage } from 'node:http';

/** Stands for a target that could not be read. It asks for nothing, since it is the server itself that it names. */
const noTarget = '*';

/** A path or query as RFC 3986 and browsers write it: ASCII without blanks, control characters and `#`. */
const originForm = /^\/[!"$-~]*$/;
/** The form that clients send to a proxy, and a proxy may hand on (RFC 9112, section 3.2.2). */
const absoluteForm = /^https?:\/\/(?<authority>[^/?@]+)(?<rest>[/?][!"$-~]*)?$/i;

/**
 * Reads the target of a request before anything else does: from here on `request.url` is a path with its query, or
 * `*`, neither of which any parser of URLs throws at. A host in the target takes the place of the field Host.
 * @returns what is wrong with the target, in a sentence for the client; `undefined` when nothing is
 */
export function readTarget(request: IncomingMessage): string | undefined {
  const { url: target = '', method } = request;
  // Of nearly every request.
  if (originForm.test(target)) return undefined;
  if (target === noTarget && method === 'OPTIONS') return undefined;
  const { authority, rest = '/' } = absoluteForm.exec(target)?.groups ?? {};
  if (authority !== undefined && URL.canParse(`http://${authority}`)) {
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
    request.headers.host = authority;
    return undefined;
  }
  request.url = noTarget;
  return 'The target of the request is neither a path nor a URL of http or https in ASCII; other characters have to be percent-encoded.';
}
