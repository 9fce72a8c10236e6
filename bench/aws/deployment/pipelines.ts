/**
 * Registers the pipelines of the benchmark and starts their runs through the client, as
 * `headrace run --mode remote` does.
 *
 * @module
 */
import { fileURLToPath } from 'node:url';
import { createClient } from '../../../src/client/client.ts';
import { registerPipeline } from '../../../src/launch/remote/register-pipeline.ts';
import { type CompiledPipeline, compile } from '../../../src/submit/compile.ts';
import { API } from './settings.ts';

const FILE = fileURLToPath(new URL('../pipelines/shapes.ts', import.meta.url));
const compiled = new Map<string, Promise<CompiledPipeline>>();

export const client = createClient({
  endpoint: `${API}/live`,
  sign: async ({ headers }) => headers,
  firstRetryDelayMs: 0,
});

type Shape = 'chain' | 'map' | 'children';

export function compiledPipeline(pipeline: Shape): Promise<CompiledPipeline> {
  const ready = compiled.get(pipeline) ?? compile({ file: FILE, pipeline });
  compiled.set(pipeline, ready);
  return ready;
}

/** Starts a run and returns its id. */
export async function start(
  pipeline: Shape,
  size: number,
  others: Readonly<Record<string, number>> = {},
): Promise<string> {
  const {
    project,
    pipeline: name,
    version,
  } = await registerPipeline({ client, endpoint: API }, await compiledPipeline(pipeline));
  const args = { ...others, [pipeline === 'chain' ? 'steps' : 'width']: size };
  const { id } = await client.createRun({ project, pipeline: name, version, args, noCache: false });
  return id;
}
