import { RokError } from '../rest/error';
import { ServerInMemory } from '../testing/server';
import { aSnapshot } from '../testing/values';
import { PAGE, SnapshotList } from './snapshotList';

const GET = 'GET snapshots';

function history(count: number): ReturnType<typeof aSnapshot>[] {
  return Array.from({ length: count }, (_, index) =>
    aSnapshot({ id: `id ${index}`, message: `message ${index}` })
  );
}

describe('SnapshotList', () => {
  let server: ServerInMemory;
  let list: SnapshotList;

  beforeEach(() => {
    server = new ServerInMemory();
    server.snapshots = history(PAGE * 2 + 50);
    list = new SnapshotList(server.api);
  });

  it('grows page by page, and knows its end', async () => {
    await list.refresh();
    expect([list.items.length, list.hasMore]).toEqual([PAGE, true]);
    await list.loadMore();
    await list.loadMore();
    expect([list.items.length, list.hasMore]).toEqual([PAGE * 2 + 50, false]);
    await list.loadMore();
    expect(server.count(GET)).toBe(3);
  });

  it('fetches as much as is loaded, and keeps the objects that did not change', async () => {
    await list.refresh();
    await list.loadMore();
    const [, second] = list.items;
    server.snapshots = [aSnapshot({ id: 'new' }), ...server.snapshots];
    await list.refresh();
    expect(list.items).toHaveLength(PAGE * 2);
    expect(list.items[0]!.id).toBe('new');
    expect(list.items[2]).toBe(second);
  });

  it('takes one request to see that nothing changed', async () => {
    await list.refresh();
    await list.loadMore();
    const before = list.items;
    server.asked.length = 0;
    await list.refreshTop();
    expect(server.count(GET)).toBe(1);
    expect(list.items).toBe(before);
    server.snapshots = server.snapshots.slice(1);
    await list.refreshTop();
    expect(list.items[0]!.id).toBe('id 1');
    expect(list.items).toHaveLength(PAGE * 2);
  });

  it('shows an edit before the server is asked again', async () => {
    await list.refresh();
    list.replace(aSnapshot({ id: 'id 1', message: 'edited' }));
    expect(list.items[1]!.message).toBe('edited');
  });

  it('asks anew for another filter, and drops the answer of the one before', async () => {
    const slow = list.refresh();
    await list.setFilter({ search: 'message 7' });
    await slow;
    expect(list.items.every(item => item.message.startsWith('message 7'))).toBe(true);
    server.asked.length = 0;
    await list.setFilter({ search: 'message 7' });
    expect(server.asked).toEqual([]);
  });

  it('keeps what it has beside an error', async () => {
    await list.refresh();
    server.failure = new RokError('unavailable', 'Gone.');
    await list.refresh();
    expect([list.items.length, list.error?.message, list.loading]).toEqual([PAGE, 'Gone.', false]);
  });
});
