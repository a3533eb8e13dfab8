/**
 * The plugin of the panel's section Activity, and the commands that cancel a task and start it again.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon, stopIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import { createElement } from 'react';

import { asRokError, RokError } from '../rest/error';
import { hasEnded, type Task } from '../rest/values';
import { CommandIDs, IRokModel, IRokPanel } from '../tokens';
import { showError } from '../ui/errorDialog';
import { makeSection, WatchingView } from '../ui/section';
import { ActivityView } from './activityView';
import { Announcer } from './announcer';
import { retryRefusal } from './taskRow';

const ARGUMENTS = {
  args: {
    type: 'object',
    properties: { task: { type: 'string', description: 'The id of a task' } },
    required: ['task']
  }
} as const;

/** Adds the section Activity (rank 30). */
export const activityPlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:activity',
  description: 'Running and finished tasks, their errors, cancelling and trying again.',
  autoStart: true,
  requires: [IRokModel, IRokPanel],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, model: IRokModel, panel: IRokPanel, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    addCommands(app, model, trans);
    const run = (command: string) => (task: Task) => void app.commands.execute(command, { task: task.id });
    const view = new WatchingView(model, () =>
      createElement(ActivityView, {
        model,
        trans,
        onCancel: run(CommandIDs.cancelTask),
        onRetry: run(CommandIDs.retryTask)
      })
    );
    const section = makeSection({ id: 'rok-activity', title: trans.__('Activity'), view });
    panel.addSection({ id: section.id, rank: 30, content: section, isCollapsed: true });
    const announcer = new Announcer(model.tasks, trans);
    void app.restored.then(() => Widget.attach(announcer, document.body));
  }
};

function addCommands(app: JupyterFrontEnd, model: IRokModel, trans: TranslationBundle): void {
  const taskOf = (args: ReadonlyPartialJSONObject): Task | undefined =>
    model.tasks.get(String(args.task ?? ''));
  app.commands.addCommand(CommandIDs.cancelTask, {
    label: trans.__('Cancel Task'),
    caption: trans.__('Stop a running task at its next safe point'),
    icon: stopIcon,
    describedBy: ARGUMENTS,
    isEnabled: args => {
      const task = taskOf(args);
      return task === undefined || !hasEnded(task);
    },
    execute: async args => {
      try {
        await model.tasks.cancel(String(args.task));
      } catch (error) {
        await showError(trans.__('The task could not be cancelled'), error, trans);
      }
    }
  });
  app.commands.addCommand(CommandIDs.retryTask, {
    label: trans.__('Try Task Again'),
    caption: trans.__('Start what a task did once more'),
    icon: refreshIcon,
    describedBy: ARGUMENTS,
    isEnabled: args => {
      const task = taskOf(args);
      return task === undefined || task.retry !== null;
    },
    execute: async args => {
      try {
        await retry(model, String(args.task), trans);
      } catch (error) {
        await showError(trans.__('The task could not be started again'), error, trans);
      }
    }
  });
}

/** Start again what a task did, and show it in the list at once; how it ends is seen there. */
async function retry(model: IRokModel, id: string, trans: TranslationBundle): Promise<void> {
  const task = await model.api.task(id);
  if (task.retry === null) {
    throw new RokError('failed_precondition', retryRefusal(task, trans));
  }
  const again = await model.api.retry(task.retry);
  void model.tasks.finish(again).catch(asRokError);
}
