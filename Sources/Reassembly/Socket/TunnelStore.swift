import Buffers
import Sockets

/// The outer keys of the sockets of a shard that are in tunnels, beside the sockets, as most are in
/// none. Memory is used only for as many as there were at a time.
struct TunnelStore: ~Copyable {
  private var slots: ReservedArray<Slot>
  private var firstFree: Reference?

  struct Slot: BitwiseCopyable {
    var tunnel: Tunnel
    var nextFree: Reference?
  }

  typealias Reference = ElementReference<Slot>

  init(capacity: Int) { slots = ReservedArray(capacity: capacity) }

  /// `nil` when there is no room.
  mutating func keep(_ tunnel: Tunnel) -> Reference? {
    if let slot = firstFree {
      firstFree = slot.element.nextFree
      slot.element = Slot(tunnel: tunnel, nextFree: nil)
      return slot
    }
    guard !slots.isFull else { return nil }
    slots.append(Slot(tunnel: tunnel, nextFree: nil))
    return slots.reference(to: slots.count - 1)
  }

  mutating func release(_ slot: Reference) {
    slot.element.nextFree = firstFree
    firstFree = slot
  }
}
