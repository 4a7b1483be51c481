/**
 * Memory for what comes and goes in numbers: connections, queue entries, records of segments. Linear memory is paid by
 * every program that imports a socket, so pools start empty and grow by chunks; nothing is given back before the
 * program ends. Growing belongs where a connection is made, never where a segment is handled.
 *
 * @module
 */

const PAGE_BYTES: usize = 65536;
/** The allocator puts that much in front of each object, and rounds sizes up to 16. */
const OBJECT_OVERHEAD_BYTES: usize = 20;
const ALIGNMENT_MASK: usize = 15;
/** More than what the next look at the allocator takes, so that it never grows memory by itself: it would double it. */
const MARGIN_BYTES: usize = 256;
/** Memory grows by at least so much of itself, since growing may mean copying: the cost for each byte stays constant. */
const GROWTH_DIVISOR: u32 = 16;

/** Bytes of linear memory that `new T()` takes, without what its constructor makes. */
export function objectBytes<T>(): usize {
  return (offsetof<T>() + OBJECT_OVERHEAD_BYTES + ALIGNMENT_MASK) & ~ALIGNMENT_MASK;
}

/** Bytes of linear memory that an array of `items` pointers or 32-bit numbers takes. */
export function arrayBytes(items: u32): usize {
  return (<usize>items * 4 + OBJECT_OVERHEAD_BYTES + ALIGNMENT_MASK) & ~ALIGNMENT_MASK;
}

/** Makes room for objects of `bytes` in all. False if memory has an end: then nothing may be made. */
export function reserveMemory(bytes: usize): bool {
  const top = heap.alloc(0);
  const end = top + bytes + MARGIN_BYTES;
  const pages = <u32>memory.size();
  const needed = <u32>((end + PAGE_BYTES - 1) / PAGE_BYTES);
  if (needed <= pages) return true;
  const more = needed - pages;
  const generous = max(more, pages / GROWTH_DIVISOR);
  return memory.grow(generous) >= 0 || (generous > more && memory.grow(more) >= 0);
}

/**
 * Objects of one class, used again and again. While an object is free, its first four bytes link to the next free one;
 * `take` therefore leaves the first field with an arbitrary value and all others as `give` found them: whoever takes
 * an object sets each field.
 */
export class Pool<T> {
  private first: usize = 0;
  /** Objects that exist. */
  size: u32 = 0;
  /** Objects that can be taken at once. */
  free: u32 = 0;

  /**
   * @param limit Most objects that there may be.
   * @param bytes Linear memory for each: `objectBytes<T>()` and what T's constructor makes.
   */
  constructor(
    public limit: u32,
    private readonly bytes: usize,
  ) {}

  /** Objects in use. */
  get used(): u32 {
    return this.size - this.free;
  }

  /** Grows until there are `size` objects, but not over the limit. False: there is no memory. */
  reserve(size: u32): bool {
    const wanted = min(size, this.limit);
    if (wanted <= this.size) return true;
    if (!reserveMemory(<usize>(wanted - this.size) * this.bytes)) return false;
    while (this.size < wanted) {
      this.size++;
      this.give(instantiate<T>());
    }
    return true;
  }

  /** Null if there is none left. Never grows. */
  take(): T | null {
    const pointer = this.first;
    if (pointer === 0) return null;
    this.first = load<usize>(pointer);
    this.free--;
    return changetype<T>(pointer);
  }

  give(object: T): void {
    const pointer = changetype<usize>(object);
    store<usize>(pointer, this.first);
    this.first = pointer;
    this.free++;
  }
}
