import type { ISessionContext } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';

import { RunAllHook } from './runAllHook';

const CONTEXT = {} as ISessionContext;

function makeNotebook(isConfirmed: boolean): {
  commands: CommandRegistry;
  log: string[];
  dialogs: { restart: () => Promise<boolean> };
} {
  const log: string[] = [];
  const commands = new CommandRegistry();
  const dialogs = {
    restart: async (_?: ISessionContext) => {
      await Promise.resolve();
      log.push('restart');
      return isConfirmed;
    }
  };
  const restart = (): Promise<boolean> => dialogs.restart(CONTEXT);
  commands.addCommand('notebook:restart-kernel', { execute: restart });
  commands.addCommand('notebook:restart-run-all', {
    execute: async () => {
      if (await restart()) {
        log.push('run');
      }
    }
  });
  commands.addCommand('runmenu:restart-and-run-all', {
    execute: async () => {
      if (await commands.execute('notebook:restart-kernel')) {
        log.push('run');
      }
    }
  });
  return { commands, log, dialogs: dialogs as { restart: () => Promise<boolean> } };
}

describe('RunAllHook', () => {
  it.each(['notebook:restart-run-all', 'runmenu:restart-and-run-all'])(
    'comes between the two of %s',
    async id => {
      const { commands, log, dialogs } = makeNotebook(true);
      const hook = new RunAllHook(commands, dialogs, async () => void log.push('before'));
      await commands.execute(id);
      expect(log).toEqual(['restart', 'before', 'run']);
      hook.dispose();
      await commands.execute(id);
      expect(log.slice(3)).toEqual(['restart', 'run']);
    }
  );

  it('leaves a mere restart and one that was called off alone', async () => {
    const mere = makeNotebook(true);
    new RunAllHook(mere.commands, mere.dialogs, async () => void mere.log.push('before'));
    await mere.commands.execute('notebook:restart-kernel');
    expect(mere.log).toEqual(['restart']);
    const off = makeNotebook(false);
    new RunAllHook(off.commands, off.dialogs, async () => void off.log.push('before'));
    await off.commands.execute('notebook:restart-run-all');
    expect(off.log).toEqual(['restart']);
  });

  it('never stops the run', async () => {
    const { commands, log, dialogs } = makeNotebook(true);
    new RunAllHook(commands, dialogs, () => Promise.reject(new Error('no snapshot')));
    await commands.execute('notebook:restart-run-all');
    expect(log).toEqual(['restart', 'run']);
  });
});
