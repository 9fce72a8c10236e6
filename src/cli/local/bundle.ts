/** `headrace bundle`: prints the modules, packages and hash of each component's code. */
import type { ModuleShare } from '../../bundle/index.ts';
import { EXIT, type ExitCode } from '../../launch/exit-codes.ts';
import type { Bundle, Package } from '../../model/code.ts';
import { type CompiledPipeline, compile } from '../../submit/compile.ts';
import { formatSize } from '../../view/format.ts';
import type { Output } from '../../view/output.ts';
import { withUsageErrors } from '../errors.ts';
import type { BundleCommandOptions } from '../option-types.ts';

interface BundleReport {
  readonly name: string;
  /** Where it is declared: `src/steps.ts#train`. */
  readonly id: string;
  readonly hash: string;
  readonly size: number;
  readonly modules: readonly ModuleShare[];
  readonly packages: readonly Package[];
}

interface PipelineBundleReport {
  readonly pipeline: string;
  readonly project: string;
  readonly version: string;
  /** The hash of logic, components and serializers: the code of two versions is compared by it. */
  readonly hash: string;
  readonly logic: BundleReport;
  readonly components: readonly BundleReport[];
}

export async function bundle(
  file: string,
  options: BundleCommandOptions,
  output: Output,
): Promise<ExitCode> {
  const report = reportOf(await withUsageErrors(compile({ file, pipeline: options.pipeline })));
  if (options.json) await output.write(`${JSON.stringify(report)}\n`);
  else await output.write(`${reportLines(report, output).join('\n')}\n`);
  return EXIT.completed;
}

function reportOf({
  code,
  declaration,
  components,
  modules,
}: CompiledPipeline): PipelineBundleReport {
  const nameOf = new Map(components.map(({ id, name }) => [id, name]));
  const toBundleReport = (
    name: string,
    id: string,
    { hash, size, packages }: Bundle,
  ): BundleReport => ({
    name,
    id,
    hash,
    size,
    modules: modules.get(id) ?? [],
    packages,
  });
  return {
    pipeline: declaration.name,
    project: declaration.project,
    version: declaration.version,
    hash: code.hash,
    logic: toBundleReport('(logic)', code.id, code.logic),
    components: code.components.map((component) =>
      toBundleReport(nameOf.get(component.id) ?? component.name, component.id, component.bundle),
    ),
  };
}

function reportLines(report: PipelineBundleReport, { colors }: Output): string[] {
  return [
    `pipeline ${colors.bold(report.pipeline)} of project ${report.project}, version ${report.version}`,
    `code ${report.hash}`,
    ...[report.logic, ...report.components].flatMap((part) => [
      '',
      `${colors.bold(part.name)} ${colors.dim(part.id)}`,
      `  hash     ${part.hash} (${formatSize(part.size)})`,
      `  modules  ${indentedList(part.modules.map(({ file, bytes }) => `${file} (${formatSize(bytes)})`))}`,
      `  packages ${indentedList(part.packages.map(packageLine))}`,
    ]),
  ];
}

const packageLine = ({ name, version, dependencies = {} }: Package): string => {
  const count = Object.keys(dependencies).length;
  return `${name}@${version}${count === 0 ? '' : ` (with the versions of ${count} it needs)`}`;
};

const indentedList = (items: readonly string[]): string =>
  items.length === 0 ? 'none' : items.join('\n           ');
