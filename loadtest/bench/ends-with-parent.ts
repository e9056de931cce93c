/** Loaded before a variant (`node --import`): it ends with whoever started it, however that ends. */
process.on('disconnect', () => process.exit());
