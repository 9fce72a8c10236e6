/**
 * The `artifactSerializer` and `artifactDeserializer` among a pipeline's options.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import { keyName } from './ast.ts';
import type { Declaration } from './declarations.ts';
import type { Unit } from './source-module.ts';

export interface SerializerProperty {
  readonly property: ESTree.ObjectProperty;
  readonly key: 'artifactSerializer' | 'artifactDeserializer';
}

/**
 * The serializers in the options' literal, which is in the call or in a constant of the module.
 */
export function serializerProperties(declaration: Declaration): readonly SerializerProperty[] {
  if (declaration.kind !== 'pipeline') return [];
  return (declaration.optionsLiteral?.properties ?? []).flatMap((property) => {
    const key = property.type === 'Property' ? keyName(property) : undefined;
    return property.type === 'Property' &&
      (key === 'artifactSerializer' || key === 'artifactDeserializer')
      ? [{ property, key }]
      : [];
  });
}

/** The statement that a serializer is written in. */
export function serializerUnit(
  { module, unit }: Declaration,
  { property }: SerializerProperty,
): Unit {
  return (
    module.units.find(({ node }) => property.start >= node.start && property.end <= node.end) ??
    unit
  );
}
