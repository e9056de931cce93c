import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pythonEnvironment } from '@sightline/tools/python-environment.ts';

interface Report {
  readonly results: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly resource: string;
      readonly file_path: string;
      readonly file_line_range: readonly [number, number];
    }[];
  };
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
}

/**
 * Holds a folder to the rules of checkov. What is skipped is skipped in the files, each with its reason.
 * @returns a sentence for each resource that breaks one
 * @throws NotPossible without python3, or without PyPI when checkov is not here yet
 */
export async function checkov(folder: string): Promise<readonly string[]> {
  const venv = await pythonEnvironment(join(import.meta.dirname, 'requirements.txt'));
  // Its own rules only: with --skip-download it asks nobody for more.
  const args = ['--framework', 'terraform', '--output', 'json', '--quiet', '--skip-download'];
  const { stdout, stderr, error } = spawnSync(join(venv, 'bin/checkov'), ['--directory', folder, ...args], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 300_000,
  });
  if (error !== undefined) throw error;
  const report = readReport(stdout, stderr);
  const { failed_checks: failed } = report.results;
  const { passed, parsing_errors: unread } = report.summary;
  return [
    ...(passed + failed.length === 0 ? ['checkov found nothing to check'] : []),
    ...(unread > 0 ? [`checkov can't read ${unread} of the files`] : []),
    ...failed.map(
      ({ check_id: id, check_name: name, resource, file_path: file, file_line_range: [line] }) =>
        `${file.replace(/^\//, '')}:${line}: ${resource} breaks ${id} (${name})`,
    ),
  ];
}

function readReport(stdout: string, stderr: string): Report {
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    throw new Error(`checkov gave no report: ${(stderr || stdout).trim().slice(-500)}`);
  }
}
