import type { ReactNode } from 'react';
import { commandLine } from '../../../forms/command.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';

export function NoMetrics(props: {
  readonly text: string;
  readonly run: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <EmptyState title={props.text} command={commandLine('runs', 'metrics', props.run)}>
      {props.children}
      <code>currentStep().logger.reportScalar(title, series, value, iteration)</code> reports one.
    </EmptyState>
  );
}
