/**
 * Errors in a pipeline's source, one class per cause. Messages start with the file and end with the
 * remedy.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/**
 * A place in a source file; lines and columns count from 1. `file` is relative to the project's
 * root.
 */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export const formatLocation = (location: SourceLocation): string =>
  `${location.file}:${location.line}:${location.column}`;

export class SourceNotFoundError extends HeadraceError {
  constructor(
    readonly file: string,
    reason = 'there is no such file',
  ) {
    super(`cannot read ${file}: ${reason}`);
  }
}

export class SourceSyntaxError extends HeadraceError {
  constructor(
    readonly location: SourceLocation,
    readonly reason: string,
    /** The lines around the place, with a caret under it. */
    readonly frame: string,
  ) {
    super(`${formatLocation(location)}: ${reason}`);
  }
}

export class NoPipelineError extends HeadraceError {
  constructor(
    readonly file: string,
    isModule: boolean,
  ) {
    super(
      `${file} has no pipeline: ${isModule ? 'export one made with pipeline(options, function)' : 'it is no ES module; use import and export'}`,
    );
  }
}

/** The file's pipelines are neither exported nor called. */
export class HiddenPipelineError extends HeadraceError {
  constructor(
    readonly file: string,
    readonly pipelines: readonly string[],
  ) {
    super(
      `${file} exports no pipeline: export ${pipelines.join(' or ')}, or choose with --pipeline`,
    );
  }
}

export class SeveralPipelinesError extends HeadraceError {
  constructor(
    readonly file: string,
    readonly pipelines: readonly string[],
  ) {
    super(`${file} has several pipelines: ${pipelines.join(', ')}; choose one with --pipeline`);
  }
}

export class UnknownPipelineError extends HeadraceError {
  constructor(
    readonly file: string,
    readonly pipeline: string,
    readonly pipelines: readonly string[],
  ) {
    super(`${file} has no pipeline ${JSON.stringify(pipeline)}; it has ${pipelines.join(', ')}`);
  }
}

/** `kind` is what was declared, `component` or `pipeline`. */
export abstract class NestedDeclarationError extends HeadraceError {
  constructor(
    readonly kind: 'component' | 'pipeline',
    readonly location: SourceLocation,
    readonly enclosing: string,
  ) {
    super(
      `${formatLocation(location)}: a ${kind} is declared inside ${enclosing}, where its code cannot be separated from the code around it; move the ${kind}(…) to the top level of the file and pass what it needs as arguments`,
    );
  }
}

export class NestedComponentDeclarationError extends NestedDeclarationError {}
export class NestedPipelineDeclarationError extends NestedDeclarationError {}

/** `component(…)` or `pipeline(…)` in a form that cannot be read: spread arguments, or none. */
export class UnreadableDeclarationError extends HeadraceError {
  constructor(
    readonly kind: 'component' | 'pipeline',
    readonly location: SourceLocation,
  ) {
    super(
      `${formatLocation(location)}: this ${kind}(…) cannot be read; it takes two arguments, written out: ${kind}(options, function)`,
    );
  }
}

/** The function of a component or pipeline is a generator (`function*`). */
export class GeneratorDeclarationError extends HeadraceError {
  constructor(
    readonly kind: 'component' | 'pipeline',
    readonly component: string,
    readonly location: SourceLocation,
  ) {
    super(
      `${formatLocation(location)}: the function of ${kind} ${JSON.stringify(component)} is a generator (function*), whose values cannot be passed on one by one; collect them in an array and return it, or write them to a file and return an ArtifactFile`,
    );
  }
}

export class UnnamedDeclarationError extends HeadraceError {
  constructor(
    readonly kind: 'component' | 'pipeline',
    readonly location: SourceLocation,
  ) {
    super(
      `${formatLocation(location)}: this ${kind} has no name; name its function, put it into a constant, or set the \`name\` option`,
    );
  }
}

export class DuplicateComponentError extends HeadraceError {
  constructor(
    readonly component: string,
    readonly locations: readonly [SourceLocation, SourceLocation],
  ) {
    super(
      `two components of different code are named ${JSON.stringify(component)}: ${formatLocation(locations[0])} and ${formatLocation(locations[1])}; rename one, or give it a \`name\` option`,
    );
  }
}

/** The source is valid, but it cannot run outside of this process. */
export abstract class UnbundlableError extends HeadraceError {}

export class TopLevelAwaitError extends UnbundlableError {
  constructor(
    readonly location: SourceLocation | string,
    readonly bundle: string,
  ) {
    super(
      `${typeof location === 'string' ? location : formatLocation(location)}: ${bundle} needs a value that is awaited at the top level of the file; await it inside the function that uses it`,
    );
  }
}

export class RelativeAssetError extends UnbundlableError {
  constructor(
    readonly location: SourceLocation,
    readonly bundle: string,
  ) {
    super(
      `${formatLocation(location)}: ${bundle} uses import.meta (or __dirname), but it will not run from this file: what is beside the file is not there; import data as JSON, read it by a path relative to the project's root, or pass it as an argument`,
    );
  }
}

export class BuiltinInLogicError extends UnbundlableError {
  constructor(
    readonly builtin: string,
    readonly location: SourceLocation | string,
    readonly pipeline: string,
  ) {
    super(
      `${typeof location === 'string' ? location : formatLocation(location)}: the logic of pipeline ${JSON.stringify(pipeline)} uses ${JSON.stringify(builtin)}, but logic is replayed and has no access to the outside; move what needs it into a component`,
    );
  }
}

/** A native addon (`.node`) in the pipeline's logic. */
export class NativeInLogicError extends UnbundlableError {
  constructor(
    readonly addon: string,
    readonly pipeline: string,
  ) {
    super(
      `the logic of pipeline ${JSON.stringify(pipeline)} needs the native addon ${addon}, which cannot be replayed; move what needs it into a component`,
    );
  }
}

export class UnresolvedPackageError extends UnbundlableError {
  constructor(
    readonly packageName: string,
    readonly specifier: string,
    readonly location: SourceLocation | string,
  ) {
    super(
      `${typeof location === 'string' ? location : formatLocation(location)}: ${JSON.stringify(specifier)} is not installed (resolved from this file); run: npm i ${packageName}`,
    );
  }
}

export class UnresolvedImportError extends UnbundlableError {
  constructor(
    readonly specifier: string,
    readonly location: SourceLocation,
  ) {
    super(`${formatLocation(location)}: ${JSON.stringify(specifier)} leads to no file`);
  }
}

export class UnsupportedImportError extends UnbundlableError {
  constructor(
    readonly specifier: string,
    readonly location: SourceLocation,
  ) {
    super(
      `${formatLocation(location)}: ${JSON.stringify(specifier)} is neither JavaScript, TypeScript nor JSON, so it cannot become part of a bundle; read it at run time by a path relative to the project's root`,
    );
  }
}

export class MissingExportError extends UnbundlableError {
  constructor(
    readonly exported: string,
    readonly from: string,
    readonly location: SourceLocation,
  ) {
    super(`${formatLocation(location)}: ${from} does not export ${JSON.stringify(exported)}`);
  }
}

/** Legacy decorators with `emitDecoratorMetadata`: the metadata refers to types of other files. */
export class DecoratorMetadataError extends UnbundlableError {
  constructor(readonly location: SourceLocation) {
    super(
      `${formatLocation(location)}: a decorator is used while the tsconfig has emitDecoratorMetadata, which is not supported: the bundler reads one file at a time and does not know the types of others; remove emitDecoratorMetadata, or pass what the decorator needs as its argument`,
    );
  }
}

/** One bundle would import the same specifier from two versions of a package. */
export class AmbiguousPackageError extends UnbundlableError {
  constructor(
    readonly specifier: string,
    readonly bundle: string,
    readonly files: readonly [string, string],
  ) {
    super(
      `${bundle} imports ${JSON.stringify(specifier)} from two places: ${files[0]} and ${files[1]}; install one version for both importers`,
    );
  }
}

/** A message of the bundler itself. */
export class BundleFailedError extends UnbundlableError {
  constructor(
    readonly bundle: string,
    reason: string,
    cause: unknown,
  ) {
    super(`${bundle} cannot be bundled: ${reason}`, { cause });
  }
}
