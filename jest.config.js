export default {
  testMatch: [
    '<rootDir>/{alerts,app,backup,ci,dashboards,e2e,kubernetes,loadtest,logging,monitoring,preview,stack,terraform,tools}/test*/**/*.test.ts',
  ],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/ci/jest-postgresql.ts',
  globalTeardown: '<rootDir>/ci/jest-postgresql-stop.ts',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/\\.stack', '<rootDir>/\\.cache'],
  testTimeout: 60_000,
};
