import { nullTranslator } from '@jupyterlab/translation';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import type { Task } from '../rest/values';
import { makeTask } from './task.fixture';
import { TaskRow } from './taskRow';

const trans = nullTranslator.load('rok_jupyter');

function show(task: Task): { cancelled: Task[]; retried: Task[] } {
  const seen = { cancelled: [] as Task[], retried: [] as Task[] };
  render(
    <TaskRow
      task={task}
      trans={trans}
      onCancel={each => seen.cancelled.push(each)}
      onRetry={each => seen.retried.push(each)}
    />
  );
  return seen;
}

describe('TaskRow', () => {
  it('shows a bar and cancels while it runs', async () => {
    const task = makeTask();
    const seen = show(task);
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('25');
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    expect(seen.cancelled).toEqual([task]);
  });

  it('shows an error in full and tries again', async () => {
    const task = makeTask({
      status: 'failed',
      error: { kind: 'not_found', message: 'It is gone.', hint: 'Look elsewhere.' },
      retry: { method: 'POST', path: 'snapshots', body: null }
    });
    const seen = show(task);
    expect(screen.getByText('It is gone.')).toBeTruthy();
    expect(screen.getByText('Look elsewhere.')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(seen.retried).toEqual([task]);
  });

  it('says why something of a shell can not be tried again', async () => {
    const seen = show(makeTask({ status: 'interrupted' }));
    const button = screen.getByRole('button', { name: /It was started outside of JupyterLab/ });
    await userEvent.click(button);
    expect(button.getAttribute('aria-disabled')).toBe('true');
    expect(seen.retried).toEqual([]);
  });
});
