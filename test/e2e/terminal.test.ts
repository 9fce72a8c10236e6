import { describe, expect, it, vi } from 'vitest';
import { aProject, type Project } from './cli.ts';

/** A title, a cleared screen, the same by C1, and a reversed line. */
const HOSTILE = '\u001b]0;PWNED\u0007\u001b[3J\u009b3J\u202etxt';
const SHOWN = String.raw`\x1b]0;PWNED\x07\x1b[3J\u009b3J\u202etxt`;

const SOURCE = `
import { component, currentStep, pipeline, PipelineDecorator } from 'headrace';

const HOSTILE = ${JSON.stringify(HOSTILE).replace('\u009b', '\\u009b').replace('\u202e', '\\u202e')};
export const quiet = component({}, () => HOSTILE);
export const noisy = component({ returnValues: ['value'] }, async () => {
  const step = currentStep();
  console.log(HOSTILE);
  step.logger.reportText(HOSTILE);
  step.logger.reportScalar(HOSTILE, HOSTILE, 1, 1);
  await step.uploadArtifact('artifact', HOSTILE);
  throw new Error(HOSTILE);
});
export const main = pipeline({ name: 'main', project: 'tests', tags: [HOSTILE + '\\nsecond'] }, async () => {
  console.log(HOSTILE);
  await PipelineDecorator.uploadArtifact('onRun', await quiet());
  await noisy();
});
`;

/** Lets the command believe that its streams are terminals. */
function pretendTerminal(): void {
  const code =
    'for(const s of [process.stdout,process.stderr]){s.isTTY=true;s.columns=200;s.rows=50}';
  vi.stubEnv('NODE_OPTIONS', `--import=data:text/javascript,${encodeURIComponent(code)}`);
  vi.stubEnv('TERM', 'xterm');
}

async function outputs({ cli }: Project): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, args] of Object.entries({
    run: ['run', 'main.ts'],
    show: ['runs', 'show', 'latest'],
    list: ['runs', 'list'],
    logs: ['runs', 'logs', 'latest'],
    artifacts: ['artifacts', 'list', 'latest'],
    artifact: ['artifacts', 'get', 'latest', 'noisy', 'artifact'],
    error: ['runs', 'show', HOSTILE],
    json: ['runs', 'show', 'latest', '--json'],
  })) {
    const { stdout, stderr } = await cli(...args);
    found[name] = stdout + stderr;
  }
  return found;
}

describe('control characters of steps, servers and files', () => {
  it('are shown as text on a terminal by every command', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    pretendTerminal();
    const found = await outputs(project);
    vi.unstubAllEnvs();
    for (const [name, text] of Object.entries(found)) {
      for (const raw of ['\u001b]', '\u0007', '\u001b[3J', '\u009b', '\u202e'])
        expect(text, name).not.toContain(raw);
      // Values and quoted names are JSON, which escapes some characters itself.
      const isJson = ['json', 'artifact', 'artifacts', 'error'].includes(name);
      expect(text, name).toContain(isJson ? SHOWN.replaceAll(/\\x/g, '\\u00') : SHOWN);
    }
    // Colours of the command itself remain, and tables keep one line for each row.
    expect(found.show).toContain('\u001b[31m');
    expect(found.list).toContain(String.raw`\x0asecond`);
    for (const name of ['json', 'artifact']) {
      const value: unknown = JSON.parse(found[name] ?? '');
      expect(JSON.stringify(value), name).toContain(JSON.stringify(HOSTILE).slice(1, -1));
    }
  });

  it('reach a pipe as they are', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const { run, show, logs, json } = await outputs(project);
    for (const text of [run, show, logs]) expect(text).toContain(HOSTILE);
    expect(json).toContain(JSON.stringify(HOSTILE).slice(1, -1));
    // The line of the logic, and the three of the step: its output, its report and its error.
    expect(logs?.split(HOSTILE)).toHaveLength(5);
  });
});
