export default {
  testMatch: ['<rootDir>/{*,packages/*}/test*/**/*.test.ts'],
  testEnvironment: '<rootDir>/ci/timeline/jest-environment.ts',
  globalSetup: '<rootDir>/ci/jest-postgresql.ts',
  globalTeardown: '<rootDir>/ci/jest-postgresql-stop.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript' },
          target: 'es2024',
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/\\.stack', '<rootDir>/\\.cache'],
  // Only what hangs takes as long, also on a machine that is busy with something else.
  testTimeout: 300_000,
};
