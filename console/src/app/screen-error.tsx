import type { ErrorComponentProps } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ErrorPanel } from '../ui/error-panel.tsx';

/** A browser does not load a script again that it could not load. The page stays without a server. */
const reload = () => {
  fetch(location.href).then(
    () => location.reload(),
    () => undefined,
  );
};

/** Replaces a screen that could not be loaded or drawn. */
export function ScreenError({ error, reset }: ErrorComponentProps): ReactNode {
  return (
    <div className="p-6">
      <ErrorPanel
        error={error}
        onRetry={error instanceof Error && error.name === 'ScriptError' ? reload : reset}
      />
    </div>
  );
}
