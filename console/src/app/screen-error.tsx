import type { ErrorComponentProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ErrorPanel } from '../ui/error-panel.tsx';

/** Replaces a screen that could not be loaded or drawn. */
export function ScreenError({ error, reset }: ErrorComponentProps): ReactNode {
  return (
    <div className="p-6">
      <ErrorPanel error={error} onRetry={reset} />
    </div>
  );
}
