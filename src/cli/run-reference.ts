/**
 * Finds the run that a user names: `latest`, a number (`iris#7`, `demo/iris#7`, `iris#latest`), an
 * id, or the first characters of one.
 *
 * A number needs the pipeline, because each pipeline counts its own runs. No name contains `#`, so
 * the last part of the text is the number.
 *
 * @module
 */
import { NotFoundError } from '../launch/errors.ts';
import type { PipelineName } from '../ports/registry.ts';
import { nearestPipelines, pipelinePath } from './nearest-pipelines.ts';

export interface NamedRun {
  readonly id: string;
  readonly project: string;
  readonly pipeline: string;
  readonly number: number;
}

/** The runs of a home or of an API. */
export interface RunDirectory<R extends NamedRun> {
  /** The newest run of a pipeline; without one, the newest run that is no child run. */
  latest(pipeline?: PipelineName): Promise<R | undefined>;
  numbered(pipeline: PipelineName, number: number): Promise<R | undefined>;
  /** The runs whose ids start with `prefix`: at most two. */
  withPrefix(prefix: string): Promise<readonly R[]>;
  /** All pipelines that are registered. */
  pipelines(): Promise<readonly PipelineName[]>;
}

/** The run that `text` names. @throws NotFoundError if none has the name, or several have */
export async function findRun<R extends NamedRun>(
  directory: RunDirectory<R>,
  text: string,
): Promise<R> {
  const hash = text.lastIndexOf('#');
  if (hash >= 0)
    return await findInPipeline(directory, text.slice(0, hash).trim(), text.slice(hash + 1).trim());
  if (text === 'latest') {
    const run = await directory.latest();
    if (run === undefined) throw new NotFoundError('there are no runs yet');
    return run;
  }
  const prefix = text.toLowerCase();
  const found = /^[0-9a-z]{1,26}$/.test(prefix) ? await directory.withPrefix(prefix) : [];
  const [run, ...others] = found;
  if (run === undefined) throw await unknownRun(directory, text);
  if (others.length > 0)
    throw new NotFoundError(
      `several runs start with ${JSON.stringify(text)}: write more of the id, or the number, as in ${candidates(found)}`,
    );
  return run;
}

async function findInPipeline<R extends NamedRun>(
  directory: RunDirectory<R>,
  path: string,
  position: string,
): Promise<R> {
  const isLatest = position === 'latest';
  if (!isLatest && !/^[1-9]\d{0,8}$/.test(position))
    throw new NotFoundError(
      `${JSON.stringify(position)} is no number of a run: write pipeline#number, as in iris#7, or pipeline#latest`,
    );
  const number = Number(position);
  const read = (pipeline: PipelineName): Promise<R | undefined> =>
    isLatest ? directory.latest(pipeline) : directory.numbered(pipeline, number);
  const split = splitPath(path);
  const direct = split === undefined ? undefined : await read(split);
  if (direct !== undefined) return direct;
  const known = await directory.pipelines();
  const named = known.filter((each) => each.name === path || pipelinePath(each) === path);
  if (named.length === 0) throw unknownPipelineError(path, known);
  const runs = (await Promise.all(named.map(read))).flatMap((run) => run ?? []);
  const [run, ...others] = runs;
  if (run === undefined)
    throw new NotFoundError(
      `pipeline ${named.map(pipelinePath).join(', ')} has no run ${isLatest ? 'yet' : `#${number}`}`,
    );
  if (others.length > 0)
    throw new NotFoundError(
      `several projects have a run ${path}#${position}: write one of ${candidates(runs)}`,
    );
  return run;
}

function splitPath(path: string): PipelineName | undefined {
  const slash = path.lastIndexOf('/');
  return slash < 1 || slash === path.length - 1
    ? undefined
    : { project: path.slice(0, slash), name: path.slice(slash + 1) };
}

const candidates = (runs: readonly NamedRun[]): string =>
  runs
    .map(({ project, pipeline, number, id }) => `${project}/${pipeline}#${number} (${id})`)
    .join(', ');

/** The error for a text that is neither an id nor a number. It names the pipeline of that name. */
async function unknownRun(directory: RunDirectory<NamedRun>, text: string): Promise<NotFoundError> {
  const known = await directory.pipelines();
  const pipeline = known.find((each) => each.name === text || pipelinePath(each) === text);
  return new NotFoundError(
    `there is no run ${JSON.stringify(text)}: ${
      pipeline === undefined
        ? '`headrace runs list` shows all runs'
        : `runs of that pipeline are ${text}#1 and so on, and ${text}#latest is the newest`
    }`,
  );
}

function unknownPipelineError(path: string, known: readonly PipelineName[]): NotFoundError {
  const nearest = nearestPipelines(path, known);
  return new NotFoundError(
    `there is no pipeline ${JSON.stringify(path)}: ${nearest.length === 0 ? '`headrace runs list` shows all runs' : `did you mean ${nearest.join(', ')}?`}`,
  );
}
