/** The commands behind the Makefile: `node stack/cli.ts up|dev|down|status|logs|start|stop|restart|clean`, natively or in Docker. */
// Before anything else is loaded: an older Node stops at the syntax of the other files.
if (Number(process.versions.node.split('.')[0]) < 26) {
  console.error(
    `This is Node ${process.versions.node}; Sightline needs 26. \`make\` brings its own: run \`make up\`.`,
  );
  process.exit(1);
}
const { runStackCommand } = await import('./run-command.ts');
process.exitCode = await runStackCommand(process.argv[2] ?? '', process.env);
process.exit();

export {};
