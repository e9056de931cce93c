export default {
  testMatch: ['<rootDir>/{*,packages/*}/test*/**/*.test.ts'],
  testRunner: '<rootDir>/ci/jest/runner.ts',
  testEnvironment: '<rootDir>/ci/jest/environment.ts',
  globalSetup: '<rootDir>/ci/jest/postgresql.ts',
  globalTeardown: '<rootDir>/ci/jest/postgresql-stop.ts',
  injectGlobals: false,
  // Node takes the types off.
  transform: {},
  modulePathIgnorePatterns: ['<rootDir>/\\.stack', '<rootDir>/\\.cache'],
  // Only what hangs takes as long, also on a machine that is busy with something else.
  testTimeout: 300_000,
};
