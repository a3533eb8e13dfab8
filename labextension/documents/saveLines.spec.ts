import { PromiseDelegate } from '@lumino/coreutils';
import { Signal } from '@lumino/signaling';

import { type Saved, SaveLine } from './saveLines';

/** A document whose saves end when the test says so. */
class Document {
  readonly model = { dirty: false, contentChanged: new Signal<object, void>({}) };
  readonly saveState = new Signal<object, string>({});
  readonly saves: PromiseDelegate<void>[] = [];

  type(): void {
    this.model.dirty = true;
    this.model.contentChanged.emit();
  }

  async save(): Promise<void> {
    this.saveState.emit('started');
    const end = new PromiseDelegate<void>();
    this.saves.push(end);
    await end.promise;
    this.model.dirty = false;
    this.saveState.emit('completed');
  }

  /** End the save of that number. */
  async end(number: number): Promise<void> {
    this.saves[number].resolve();
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1));
}

describe('SaveLine', () => {
  let document: Document;
  let line: SaveLine;

  beforeEach(() => {
    document = new Document();
    line = new SaveLine(document as unknown as Saved);
  });

  it('saves one after the other', async () => {
    void document.save();
    void document.save();
    await settled();
    expect(document.saves).toHaveLength(1);
    await document.end(0);
    expect(document.saves).toHaveLength(2);
  });

  it('goes on after a save that failed, which its caller is told', async () => {
    const failing = document.save();
    void document.save();
    await settled();
    document.saves[0].reject(new Error('no room'));
    await expect(failing).rejects.toThrow('no room');
    await settled();
    expect(document.saves).toHaveLength(2);
  });

  it('lets saves wait while it is held, but for those that must not', async () => {
    line.hold();
    void document.save();
    await settled();
    expect(document.saves).toHaveLength(0);
    void line.saveNow();
    await settled();
    await document.end(0);
    expect(document.saves).toHaveLength(1);
    line.release();
    await settled();
    expect(document.saves).toHaveLength(2);
  });

  it('calls a document unsaved that was typed into while it was saved, until it is saved again', async () => {
    document.type();
    void document.save();
    await settled();
    document.type();
    await document.end(0);
    expect(document.model.dirty).toBe(true);
    void document.save();
    await settled();
    await document.end(1);
    expect(document.model.dirty).toBe(false);
  });
});
