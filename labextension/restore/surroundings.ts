/**
 * What of JupyterLab a change of files concerns: its open documents, kernels and file browsers.
 */
import { PageConfig } from '@jupyterlab/coreutils';
import type { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';

import { WorkspacePaths } from '../model/workspacePaths';
import type { IVolumePath } from '../rest/names';
import type { Status, Task } from '../rest/values';
import type { IRokDocuments, IRokModel } from '../tokens';
import type { IKernel, Kernels } from './kernels';
import type { ChangedPlaces } from './places';
import { Touched } from './touched';

/** Who works with the files of a plan. */
export class Surroundings {
  constructor(
    private readonly _model: IRokModel,
    private readonly _documents: IRokDocuments,
    private readonly _contents: Contents.IManager,
    readonly kernels: Kernels,
    private readonly _browsers: IFileBrowserFactory | null
  ) {}

  /** The directory that new folders are below, as REST spells it. */
  get workspace(): string {
    return this._model.status.value?.workspace ?? '';
  }

  /** Unsaved documents whose files are among those that `concerns` names. */
  unsaved(concerns: (at: IVolumePath) => boolean): readonly string[] {
    return this._documents.unsaved().filter(path => {
      const at = this._volumePath(path);
      return at !== undefined && concerns(at);
    });
  }

  save(paths: readonly string[]): Promise<{ readonly failed: number }> {
    return this._documents.save(paths);
  }

  /** What restores and undos touched. */
  readonly touched = new Touched();

  /** Kernels that run where a restore or undo, which has ended, may have changed something. */
  kernelsAfter(task: Task): readonly IKernel[] {
    return this.kernels.running().filter(kernel => {
      const at = this._volumePath(kernel.path);
      return at !== undefined && this.touched.isAround(task, at);
    });
  }

  /** Kernels that run in a folder in which, or below which, something changes. */
  kernelsAt(places: ChangedPlaces): readonly IKernel[] {
    return this.kernels.running().filter(kernel => {
      const at = this._volumePath(kernel.path);
      return at !== undefined && places.isAround(at);
    });
  }

  /** Show in the file browsers what is there now. */
  refreshBrowsers(): void {
    this._browsers?.tracker.forEach(browser => void browser.model.refresh());
  }

  private _volumePath(path: string): IVolumePath | undefined {
    const status = this._model.status.value;
    return status && pathsOf(status).toVolume(this._contents.localPath(path));
  }
}

function pathsOf(status: Status): WorkspacePaths {
  return new WorkspacePaths(status, PageConfig.getOption('serverRoot'));
}
