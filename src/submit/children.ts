/**
 * The versions of the pipelines that a pipeline calls: they are registered before it.
 *
 * @module
 */
import type { ChildPipeline, PipelineCode } from '../model/code.ts';
import type { CompiledPipeline } from './compile.ts';

type Compiled = Pick<CompiledPipeline, 'code'> & Partial<Pick<CompiledPipeline, 'children'>>;

/**
 * Registers the called pipelines, and returns the code with their versions.
 *
 * @param register registers a pipeline with this code, and returns its version
 */
export async function codeWithChildren(
  { code, children = [] }: Compiled,
  register: (child: CompiledPipeline, code: PipelineCode) => Promise<string>,
): Promise<PipelineCode> {
  const registered: ChildPipeline[] = [];
  for (const { id, compiled } of children) {
    const childCode = await codeWithChildren(compiled, register);
    const { name, project } = compiled.declaration;
    registered.push({
      id,
      name,
      project,
      version: await register(compiled, childCode),
      codeHash: childCode.hash,
      signature: childCode.signature,
    });
  }
  return registered.length === 0 ? code : { ...code, children: registered };
}
