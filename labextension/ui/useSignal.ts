/**
 * React components that follow signals of the model.
 */
import type { ISignal } from '@lumino/signaling';
import { useEffect, useReducer } from 'react';

/** Draw the component again whenever one of the signals is emitted. The list must have the same length each time. */
export function useSignals(...signals: readonly ISignal<unknown, unknown>[]): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const slot = (): void => draw();
    signals.forEach(signal => signal.connect(slot));
    return () => signals.forEach(signal => signal.disconnect(slot));
    // The signals themselves are what the effect depends on.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, signals);
}
