/**
 * The commands on a native stack, for checks and tests: `node stack/native/cli.ts up|dev|down|status|logs|start|stop|restart|clean`.
 * Those of the Makefile are stack/cli.ts, which may be about Docker.
 */
// Before anything else is loaded: an older Node stops at the syntax of the other files.
if (Number(process.versions.node.split('.')[0]) < 26) {
  console.error(
    `This is Node ${process.versions.node}; Sightline needs 26. \`make\` brings its own: run \`make up\`.`,
  );
  process.exit(1);
}
const { runCommand } = await import('./commands.ts');
process.exitCode = await runCommand(process.argv[2] ?? '', process.env);
process.exit();

export {};
