/// A fixed number of descriptors; the one not used for longest gives way.
struct OpenFiles: ~Copyable {
  private struct Slot {
    /// The number of the file, 0 for none.
    var file: UInt64 = 0
    var descriptor: Int32 = -1
    var lastUse: UInt64 = 0
  }

  private var slots: [Slot]
  private var uses: UInt64 = 0
  private var lastNumber: UInt64 = 0

  init(limit: Int) { slots = Array(repeating: Slot(), count: max(1, limit)) }

  deinit { for slot in slots where slot.file != 0 { Descriptor.close(slot.descriptor) } }

  var count: Int { slots.count { $0.file != 0 } }

  mutating func nextNumber() -> UInt64 {
    lastNumber += 1
    return lastNumber
  }

  /// The descriptor of a file, if it is still open where it was put.
  mutating func descriptor(_ file: UInt64, in index: Int) -> Int32? {
    guard slots[index].file == file else { return nil }
    uses += 1
    slots[index].lastUse = uses
    return slots[index].descriptor
  }

  /// Keeps an open descriptor, and closes another one for it if need be. Returns where it is.
  mutating func insert(_ descriptor: Int32, of file: UInt64) -> Int {
    var index = 0
    for other in slots.indices where slots[other].lastUse < slots[index].lastUse { index = other }
    close(slots[index].file, in: index)
    uses += 1
    slots[index] = Slot(file: file, descriptor: descriptor, lastUse: uses)
    return index
  }

  mutating func close(_ file: UInt64, in index: Int) {
    guard file != 0, slots[index].file == file else { return }
    Descriptor.close(slots[index].descriptor)
    slots[index] = Slot()
  }

  /// Whether there was one to close.
  mutating func closeOldest() -> Bool {
    let used = slots.indices.filter { slots[$0].file != 0 }
    guard let index = used.min(by: { slots[$0].lastUse < slots[$1].lastUse }) else { return false }
    close(slots[index].file, in: index)
    return true
  }
}
