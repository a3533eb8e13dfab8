/**
 * The plugin that goes back to a step of a pipeline: its files, its variables, and the cell that comes next.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { runIcon } from '@jupyterlab/ui-components';

import { CommandIDs, IRokModel } from '../tokens';
import { showError } from '../ui/errorDialog';

/** Adds `rok:resume-step`. */
export const resumePlugin: JupyterFrontEndPlugin<void> = {
  id: 'rok-jupyter:resume',
  description: 'Resumes at a step of a pipeline, out of its snapshot.',
  autoStart: true,
  requires: [IRokModel],
  optional: [ITranslator],
  activate: (
    { commands, serviceManager }: JupyterFrontEnd,
    model: IRokModel,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('rok_jupyter');
    commands.addCommand(CommandIDs.resumeStep, {
      label: trans.__('Resume at This Step…'),
      caption: trans.__('Open the notebook at this step, with its files and variables'),
      icon: runIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: { snapshot: { type: 'string', description: 'The id of a step’s snapshot' } },
          required: ['snapshot']
        }
      },
      execute: async args => {
        try {
          // Loaded once somebody resumes.
          const { resumeStep } = await import('./resumeStep');
          await resumeStep({ model, commands, services: serviceManager, trans }, String(args.snapshot));
        } catch (error) {
          await showError(trans.__('The step can’t be resumed'), error, trans);
        }
      }
    });
  }
};
