export const statementNames = ['transaction', 'other'] as const;
export const databaseErrorKinds = ['connection', 'other'] as const;
