/** W3C Trace Context: the headers `traceparent` and `tracestate` read, `traceresponse` written. */

/** The caller's word on the trace that its request belongs to. */
export interface RemoteTrace {
  readonly traceId: string;
  /** Id of the caller's span, which the request is a child of. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** Whether at least the last 7 bytes of the trace id were drawn at random. */
  readonly random: boolean;
  /** Additions of tracing systems on the way, as it came. */
  readonly state: string | undefined;
}

const sampledFlag = 0x01;
const randomFlag = 0x02;

/** Version, trace id, span id and flags; a version after 00 may add more behind a hyphen. */
const traceparent = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeros = /^0+$/;

const maxMembers = 32;
/** So that blanks are the only thing that can be trimmed. */
const printable = /^[\t\x20-\x7e]*$/;
/** `key=value`; the key may be `tenant@system`, and the value doesn't end in a space. */
const member =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** The text when it is a `tracestate`; one that isn't says nothing, and leaves the trace as it is. */
function readState(text: string | undefined): string | undefined {
  if (text === undefined || !printable.test(text)) return undefined;
  const members = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const keys = new Set(members.map((part) => part.slice(0, part.indexOf('='))));
  const valid =
    members.length > 0 &&
    members.length <= maxMembers &&
    keys.size === members.length &&
    members.every((part) => member.test(part));
  return valid ? members.join(',') : undefined;
}

/**
 * Reads the two headers.
 * @returns `undefined` when there is no trace or none that is valid: then a new one begins
 */
export function readTraceContext(
  parent: string | undefined,
  state: string | undefined,
): RemoteTrace | undefined {
  if (parent === undefined) return undefined;
  const [, version, traceId = '', spanId = '', digits = '', more] = traceparent.exec(parent) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined;
  const flags = Number.parseInt(digits, 16);
  return {
    traceId,
    spanId,
    sampled: (flags & sampledFlag) !== 0,
    // What other flags than the first mean in a later version is not known.
    random: version === '00' && (flags & randomFlag) !== 0,
    state: readState(state),
  };
}

/** The value of `traceresponse`, by which the caller learns the trace and the span of its request. */
export function traceResponse(traceId: string, spanId: string, sampled: boolean, random: boolean): string {
  const flags = (sampled ? sampledFlag : 0) | (random ? randomFlag : 0);
  return `00-${traceId}-${spanId}-0${flags}`;
}
