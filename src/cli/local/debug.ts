/**
 * `headrace run --mode debug`: the pipeline and its steps as plain calls in this process, for
 * breakpoints.
 */
import { rm } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { bundleDebug } from '../../bundle/index.ts';
import { type ExitCode, exitCodeOf } from '../../launch/exit-codes.ts';
import type { Signature } from '../../model/code.ts';
import type { JsonObject } from '../../model/json.ts';
import { TIME_ZONE } from '../../model/time-zone.ts';
import { PIPELINE_HANDLE, type PipelineHandle } from '../../sdk/pipeline.ts';
import type { CompiledPipeline } from '../../submit/compile.ts';
import { sdkFiles } from '../../submit/sdk-files.ts';
import { errorLines } from '../../view/error-text.ts';
import { formatDuration } from '../../view/format.ts';
import type { Output } from '../../view/output.ts';
import { paintStatus } from '../../view/status-style.ts';
import { debugTracer } from '../debug-positions.ts';
import { debugDocument } from '../debug-report.ts';
import { withUsageErrors } from '../errors.ts';
import type { DebugSignal } from '../signal-arguments.ts';
import { SignalPrompt } from '../signal-prompt.ts';
import { writeDebugBundle } from './debug-bundles.ts';

export interface DebugCommand {
  readonly file: string;
  readonly pipeline: string | undefined;
  readonly compiled: CompiledPipeline;
  readonly args: JsonObject;
  readonly home: string;
  readonly json: boolean;
  readonly signals: readonly DebugSignal[];
}

export async function debug(command: DebugCommand, output: Output): Promise<ExitCode> {
  const { file, pipeline, compiled, args, json, signals } = command;
  const { text } = await withUsageErrors(
    bundleDebug({ file, ...(pipeline === undefined ? {} : { pipeline }), sdk: sdkFiles() }),
  );
  const path = writeDebugBundle(command.home, text);
  const prompt = new SignalPrompt();
  const restore = json ? redirectStdoutToStderr() : undefined;
  try {
    // The top level of the modules runs where the steps do.
    process.env.TZ = TIME_ZONE;
    process.chdir(compiled.code.projectRoot);
    const handle = pipelineHandleOf(await import(pathToFileURL(path).href));
    const report = await handle.debug(argumentValues(args, compiled.code.signature), {
      signals,
      requestSignal: prompt.request,
      root: compiled.code.projectRoot,
      print: (line) => (json ? output.note(line) : void output.write(`${line}\n`)),
      onStatus: (step) => {
        if (json || step.status === 'pending' || step.status === 'queued') return;
        const lastAttempt = step.attempts.at(-1);
        const duration =
          lastAttempt?.endedAt === undefined || step.status === 'running'
            ? ''
            : ` in ${formatDuration(lastAttempt.endedAt - lastAttempt.startedAt)}`;
        void output.write(
          `${step.name} ${paintStatus(step.status, step.status, output.colors)}${duration}\n`,
        );
      },
    });
    restore?.();
    const tracer = debugTracer(text, path, compiled.code.projectRoot);
    const document = debugDocument(report, args, (error) => tracer.trace(error), compiled.code);
    if (json) await output.write(`${JSON.stringify(document)}\n`);
    else {
      await output.write(
        `${document.pipeline} ${paintStatus(report.status, report.status, output.colors)} in ${formatDuration(report.endedAt - report.startedAt)} (debug mode: nothing is recorded)\n`,
      );
      if (report.status === 'completed')
        await output.write(`result: ${JSON.stringify(document.result, undefined, 2)}\n`);
      else if (document.error !== null)
        await output.write(`${errorLines(document.error, output).join('\n')}\n`);
    }
    return exitCodeOf(report.status);
  } finally {
    restore?.();
    prompt.close();
    await rm(path, { force: true });
  }
}

/** The pipeline that the bundle exports. */
function pipelineHandleOf(module: unknown): PipelineHandle {
  const exported =
    typeof module === 'object' && module !== null && 'default' in module
      ? module.default
      : undefined;
  const handle: unknown =
    typeof exported === 'function' && PIPELINE_HANDLE in exported
      ? exported[PIPELINE_HANDLE]
      : undefined;
  if (!isHandle(handle)) throw new Error('the debug bundle exports no pipeline');
  return handle;
}

const isHandle = (value: unknown): value is PipelineHandle =>
  typeof value === 'object' &&
  value !== null &&
  'debug' in value &&
  typeof value.debug === 'function';

/** The values of a call, in the order of the parameters. */
function argumentValues(
  args: JsonObject,
  { style, parameters, rest }: Signature,
): readonly unknown[] {
  if (style === 'object') return [args];
  return parameters.flatMap(({ name }, index) => {
    const value = args[name];
    if (rest && index === parameters.length - 1) return Array.isArray(value) ? value : [];
    return [value];
  });
}

/**
 * Redirects the output of the user's code to stderr until the returned function is called. stdout
 * is for the document.
 */
function redirectStdoutToStderr(): () => void {
  const { stdout, stderr } = process;
  const write = stdout.write;
  stdout.write = stderr.write.bind(stderr);
  return () => {
    stdout.write = write;
  };
}
