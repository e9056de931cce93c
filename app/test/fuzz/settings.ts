/** Settings of an API that is fuzzed: no limit is in the way, and what never arrives is soon over. */
export const settings = {
  RATE_LIMIT_IP: '0',
  RATE_LIMIT_USER: '0',
  RATE_LIMIT_SESSIONS: '0',
  RATE_LIMIT_PASSWORD: '0',
  ARGON2_MEMORY_KIB: '8',
  ARGON2_ITERATIONS: '1',
  ARGON2_QUEUE: '1000',
  HEADERS_TIMEOUT_MS: '2000',
  RECEIVE_TIMEOUT_MS: '4000',
  // A machine that is busy with other tests is no fault of the service.
  REQUEST_TIMEOUT_MS: '60000',
  STALL_TIMEOUT_MS: '61000',
  DATABASE_STATEMENT_TIMEOUT_MS: '50000',
  DATABASE_CONNECT_TIMEOUT_MS: '50000',
} as const;
