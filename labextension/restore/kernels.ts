/**
 * Kernels that run where files are restored.
 */
import { PathExt } from '@jupyterlab/coreutils';
import { KernelAPI, type ServiceManager } from '@jupyterlab/services';

/** One running kernel. `name` is what people call it: its notebook. */
export interface IKernel {
  readonly id: string;
  readonly name: string;
  /** The document's path in JupyterLab, which says where it runs. */
  readonly path: string;
}

/** The server's kernels that belong to documents. */
export class Kernels {
  constructor(private readonly _services: ServiceManager.IManager) {}

  running(): readonly IKernel[] {
    const found: IKernel[] = [];
    for (const session of this._services.sessions.running()) {
      if (session.kernel) {
        found.push({ id: session.kernel.id, name: PathExt.basename(session.path), path: session.path });
      }
    }
    return found;
  }

  /** Restart kernels; throws what the first one that can't be restarted says. */
  async restart(kernels: readonly IKernel[]): Promise<void> {
    await Promise.all(
      kernels.map(kernel => KernelAPI.restartKernel(kernel.id, this._services.serverSettings))
    );
  }
}
