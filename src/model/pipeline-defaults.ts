/**
 * Options of a pipeline that are defaults for its components.
 *
 * @module
 */
import { childPipelineId } from './child-pipeline.ts';
import { INPUT_FILE_COMPONENT } from './input-file.ts';
import type { ComponentDeclaration, PipelineDeclaration } from './options.ts';
import { USE_MODEL_COMPONENT } from './use-model.ts';

/**
 * The declaration with the pipeline's `packages`, `repo`, `secrets`, `environment`, `workingDir` and
 * `dockerBashSetupScript` where the component sets none. Variables and secrets are merged by name.
 * Repository, branch and commit belong together. Applied twice, it changes nothing.
 */
export function withPipelineDefaults(
  component: ComponentDeclaration,
  pipeline: PipelineDeclaration,
): ComponentDeclaration {
  // Headrace's own steps need no packages and no repository.
  if (
    component.id === INPUT_FILE_COMPONENT.id ||
    component.id === USE_MODEL_COMPONENT.id ||
    childPipelineId(component.id) !== undefined
  )
    return component;
  const { repo, repoBranch, repoCommit } = component.repo === undefined ? pipeline : component;
  const defaults = {
    packages: component.packages ?? pipeline.packages,
    dockerBashSetupScript: component.dockerBashSetupScript ?? pipeline.dockerBashSetupScript,
    workingDir: component.workingDir ?? pipeline.workingDir,
    repo,
    repoBranch: component.repoBranch ?? repoBranch,
    repoCommit: component.repoCommit ?? repoCommit,
    secrets: merged(pipeline.secrets, component.secrets),
    environment: merged(pipeline.environment, component.environment),
  };
  const set = Object.entries(defaults).filter(([, value]) => value !== undefined);
  return set.length === 0 ? component : { ...component, ...Object.fromEntries(set) };
}

type Texts = Readonly<Record<string, string>> | undefined;

const merged = (defaults: Texts, own: Texts): Texts =>
  defaults === undefined ? own : { ...defaults, ...own };
