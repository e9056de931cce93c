export default {
  testMatch: [
    '<rootDir>/{alerts,app,backup,dashboards,kubernetes,loadtest,logging,monitoring,stack,terraform,tools}/test*/**/*.test.ts',
  ],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/stack/checks/jest-postgresql.ts',
  globalTeardown: '<rootDir>/stack/checks/jest-postgresql-stop.ts',
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
