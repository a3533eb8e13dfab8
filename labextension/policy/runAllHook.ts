/**
 * Something to do between the restart of a kernel and the run of all cells.
 *
 * JupyterLab has no hook for it: the signals of commands and of NotebookActions come when the run has begun, and a command
 * can't be replaced. But the command asks the shared ISessionContextDialogs for the restart, waits for it, and then runs.
 * So this object stands before the dialogs' `restart`, and tells from `commandExecuted`, which comes in the same turn of
 * the event loop, which restart belongs to which command. Menu, tool bar, palette and shortcuts all end there.
 */
import type { ISessionContext } from '@jupyterlab/apputils';
import type { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';

/** The command of tool bar and palette, and that of the menus, which restarts and runs by two further commands. */
const RUN_ALL: readonly string[] = ['notebook:restart-run-all', 'runmenu:restart-and-run-all'];

/** The dialogs that restart kernels; only this of them matters here. */
export interface IRestarts {
  restart(context: ISessionContext): Promise<boolean>;
}

interface IRestart {
  isRunAll: boolean;
}

/** Calls `before` after each restart that a run of all cells waits for; the run waits for it, and goes on whatever happens. */
export class RunAllHook implements IDisposable {
  constructor(
    private readonly _commands: CommandRegistry,
    private readonly _dialogs: IRestarts,
    private readonly _before: (context: ISessionContext) => Promise<void>
  ) {
    this._original = _dialogs.restart;
    _dialogs.restart = context => this._restart(context);
    _commands.commandExecuted.connect(this._onCommand, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._commands.commandExecuted.disconnect(this._onCommand, this);
      this._dialogs.restart = this._original;
    }
  }

  private async _restart(context: ISessionContext): Promise<boolean> {
    const begun: IRestart = { isRunAll: false };
    this._begun = begun;
    queueMicrotask(() => (this._begun = undefined));
    const isRestarted = await this._original.call(this._dialogs, context);
    if (isRestarted && begun.isRunAll && !this._isDisposed) {
      await this._before(context).catch(() => undefined);
    }
    return isRestarted;
  }

  private _onCommand(_: CommandRegistry, executed: CommandRegistry.ICommandExecutedArgs): void {
    if (RUN_ALL.includes(executed.id) && this._begun !== undefined) {
      this._begun.isRunAll = true;
    }
  }

  private readonly _original: IRestarts['restart'];
  private _begun: IRestart | undefined;
  private _isDisposed = false;
}
