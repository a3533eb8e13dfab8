import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { aSnapshot } from '../testing/values';
import { CommandIDs } from '../tokens';
import { Details } from './details';

const trans = nullTranslator.load('rok_jupyter');

function draw(
  snapshots: readonly ReturnType<typeof aSnapshot>[],
  offered: readonly string[]
): { readonly run: jest.Mock } {
  const commands = new CommandRegistry();
  const run = jest.fn();
  offered.forEach(id => commands.addCommand(id, { execute: args => run(id, args) }));
  render(
    <Details
      snapshots={snapshots}
      status={undefined}
      commands={commands}
      trans={trans}
      onClose={() => run('close')}
    />
  );
  return { run };
}

describe('Details', () => {
  it('run commands with the snapshot’s id', async () => {
    const { run } = draw([aSnapshot({ id: 'one' })], [CommandIDs.compareSnapshots, CommandIDs.pinSnapshot]);
    await userEvent.click(screen.getByRole('button', { name: 'Compare with now' }));
    await userEvent.click(screen.getByRole('button', { name: 'Pin: keep for ever' }));
    expect(run.mock.calls).toEqual([
      [CommandIDs.compareSnapshots, { before: 'one', after: 'live' }],
      [CommandIDs.pinSnapshot, { snapshot: 'one', pinned: true }]
    ]);
  });

  it('say why something can’t be done, and don’t do it', async () => {
    const { run } = draw([aSnapshot({ pinned: true })], [CommandIDs.deleteSnapshots]);
    const remove = screen.getByRole('button', { name: /^Delete…\. It is pinned/ });
    expect(remove.getAttribute('aria-disabled')).toBe('true');
    await userEvent.click(remove);
    expect(run).not.toHaveBeenCalled();
    expect(screen.getByRole('button', { name: /^Browse\. This application does not offer it/ })).toBeTruthy();
  });

  it('compare two of several, the older one first', async () => {
    const several = [aSnapshot({ id: 'new' }), aSnapshot({ id: 'old' })];
    const { run } = draw(several, [CommandIDs.compareSnapshots, CommandIDs.deleteSnapshots]);
    await userEvent.click(screen.getByRole('button', { name: 'Compare these two' }));
    await userEvent.click(screen.getByRole('button', { name: 'Delete 2…' }));
    expect(run.mock.calls).toEqual([
      [CommandIDs.compareSnapshots, { before: 'old', after: 'new' }],
      [CommandIDs.deleteSnapshots, { snapshots: ['new', 'old'] }]
    ]);
  });

  it('list problems by name, decoded, and as text', () => {
    const path = 'a %25 <img src=x>.csv';
    draw([aSnapshot({ errors: [{ volume: 'workspace', path, message: 'Input/output error' }] })], []);
    expect(screen.getByText('1 file could not be stored.')).toBeTruthy();
    expect(screen.getByText('a % <img src=x>.csv')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });
});
