/**
 * A template that fails after its data exists: a condition that nothing fulfills waits for all
 * resources that a deletion retains.
 *
 * @module
 */
import { type Assembly, withTemplate } from '../../test/aws/deployed/synth.ts';
import { parseTemplate } from '../../test/aws/deployed/template.ts';

const HANDLE = 'SmokeHandle';

export function broken(assembly: Assembly): Assembly {
  const { Resources } = assembly.template;
  const retained = Object.entries(Resources).flatMap(([id, { DeletionPolicy: policy }]) =>
    typeof policy === 'string' && policy.startsWith('Retain') ? [id] : [],
  );
  const template = {
    ...assembly.template,
    Resources: {
      ...Resources,
      [HANDLE]: { Type: 'AWS::CloudFormation::WaitConditionHandle', Properties: {} },
      SmokeFailure: {
        Type: 'AWS::CloudFormation::WaitCondition',
        DependsOn: retained,
        Properties: { Handle: { Ref: HANDLE }, Timeout: '1', Count: 1 },
      },
    },
  };
  return withTemplate(assembly, parseTemplate(JSON.stringify(template)));
}
