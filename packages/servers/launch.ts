/** How a process is started; what `child_process.spawn` needs and nothing else. */
export interface Launch {
  command: string;
  args: readonly string[];
  /** On top of the environment of whoever runs `make`. */
  env?: Readonly<Record<string, string>>;
  uid?: number;
  gid?: number;
  cwd?: string;
}
