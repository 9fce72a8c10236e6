/**
 * Runs the pipeline that a program calls with the local engine, in the program's own process.
 *
 * @module
 */
import type { LaunchRequest } from '../sdk/launch.ts';
import { bindArguments } from '../submit/arguments.ts';
import { localNotes } from '../submit/notes.ts';
import { prepareRun } from '../submit/prepare.ts';
import { colorsFor, processOutput, terminalWidth } from '../view/output.ts';
import { summarise } from '../view/run-summary.ts';
import { compileRequest } from './compile-request.ts';
import { EXIT } from './exit-codes.ts';
import { findHome } from './home.ts';
import { withProgramView } from './program-view.ts';
import { reportSourceOf, runLocally } from './run-locally.ts';
import { runResult } from './run-result.ts';

/**
 * Starts the run, shows its progress, and returns the pipeline's result.
 *
 * @throws PipelineRunError if the run does not complete
 * @throws HeadraceError if the pipeline or the arguments are invalid
 */
export async function launch(request: LaunchRequest): Promise<unknown> {
  const output = processOutput();
  const colors = colorsFor(output.errIsTerminal, process.env);
  const compiled = await compileRequest(request);
  const args = bindArguments(request.args, compiled.code.signature);
  for (const note of localNotes(compiled)) output.note(note);
  const home = findHome(undefined, request.file);
  return await withProgramView(output, (view) =>
    runLocally<unknown>({
      home,
      view,
      note: output.note,
      start: async (engine) => {
        const info = await prepareRun(
          compiled,
          { args, noCache: false, defaultQueue: request.defaultQueue },
          engine.store.registry,
        );
        return await engine.start(info, compiled.texts);
      },
      onCompleted: async (engine, run) => {
        for (const line of await summarise(
          reportSourceOf(engine, home),
          run,
          colors,
          terminalWidth(process.stderr),
        ))
          output.note(line);
        return await runResult(run, engine.objects);
      },
      onInterrupted: async () => {
        await output.flush();
        process.exit(EXIT.interrupted);
      },
    }),
  );
}
