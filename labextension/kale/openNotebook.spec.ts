import type { INotebookTracker } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';

import type { RokApi } from '../rest/api';
import type { HookPlan } from '../rest/values';
import { OpenNotebook } from './openNotebook';

/** A notebook with one step. */
function notebook(step: string): object {
  const cell = { type: 'code', getMetadata: () => [`step:${step}`] };
  const model = { cells: [cell], getMetadata: () => undefined };
  const signals = { contentChanged: new Signal({}), metadataChanged: new Signal({}) };
  return {
    context: { path: `${step}.ipynb`, isReady: true, ready: Promise.resolve() },
    content: { model: { ...model, ...signals } }
  };
}

function settled(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1));
}

describe('OpenNotebook', () => {
  it('never shows the plan of the notebook before', async () => {
    const answers: ((plan: HookPlan) => void)[] = [];
    const api = { planKale: () => new Promise(resolve => answers.push(resolve)) } as unknown as RokApi;
    const tracker = { currentWidget: notebook('first') } as unknown as INotebookTracker;
    const currentChanged = new Signal<INotebookTracker, null>(tracker);
    Object.assign(tracker, { currentChanged });
    const open = new OpenNotebook(tracker, api);
    open.watch();
    await settled();
    Object.assign(tracker, { currentWidget: notebook('second') });
    currentChanged.emit(null);
    await settled();
    answers[0]!({ name: 'of the first' } as unknown as HookPlan);
    await settled();
    expect(open.plan.value).toBeNull();
    answers[1]!({ name: 'of the second' } as unknown as HookPlan);
    await settled();
    expect(open.plan.value).toEqual({ name: 'of the second' });
  });
});
