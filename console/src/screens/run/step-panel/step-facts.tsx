import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { StepDocument } from '../../../../../src/wire/steps.ts';
import { Cost } from '../../../ui/cost.tsx';
import { Name } from '../../../ui/name.tsx';
import { Section } from '../../../ui/section.tsx';
import { Time } from '../../../ui/time.tsx';
import { factsOf } from './step-document.ts';

/** What a step is and with which options it runs, as `headrace runs show` prints it. */
export function StepFacts({ step }: { readonly step: StepDocument }): ReactNode {
  const { retryAt, usedModel, cost } = step;
  return (
    <Section title="Details">
      <dl className="grid grid-cols-[minmax(4rem,auto)_1fr] gap-x-3 gap-y-0.5">
        {retryAt !== null && (
          <Fact name="retry at">
            <Time at={retryAt} />
          </Fact>
        )}
        {factsOf(step).map(([name, value]) => (
          <Fact key={name} name={name}>
            <Name text={value} wrap />
          </Fact>
        ))}
        {usedModel !== null && (
          <Fact name="model">
            <Link to="/models" search={usedModel} className="text-accent underline">
              <Name text={`${usedModel.name}, version ${usedModel.version}`} wrap />
            </Link>
          </Fact>
        )}
        {cost !== null && (
          <Fact name="cost">
            <Cost cost={cost} />
          </Fact>
        )}
      </dl>
    </Section>
  );
}

const Fact = (props: { readonly name: string; readonly children: ReactNode }): ReactNode => (
  <div className="contents">
    <dt className="min-w-0 text-muted">
      <Name text={props.name} />
    </dt>
    <dd className="min-w-0">{props.children}</dd>
  </div>
);
