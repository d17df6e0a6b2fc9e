import Buffers

/// What the next file of a rotated capture begins with: the header of the section at hand, its
/// interfaces, and the names and secrets that packets to come may need. All of it as it was written.
final class SectionMemory {
  struct Interface {
    /// Its index among those of the source.
    var index: Int
    var bytes: [UInt8]
    var interface: CaptureInterface
  }

  private(set) var section: [UInt8] = []
  var isBigEndian = false
  /// Whether packets of the section may be written as they stand in the input.
  var isMirrored = false
  private(set) var interfaces: [Interface] = []
  private(set) var shared: [[UInt8]] = []
  private var room: Int
  private let limit: Int

  /// - Parameter limit: how many bytes of options, names and secrets are written once more in each file.
  init(limit: Int) {
    self.limit = limit
    room = limit
  }

  func begin(_ bytes: [UInt8], isBigEndian: Bool, isMirrored: Bool) {
    room = limit
    section = take(bytes.count) ? bytes : BlockBytes.section(isBigEndian: isBigEndian)
    self.isBigEndian = isBigEndian
    self.isMirrored = isMirrored
    interfaces = []
    shared = []
  }

  func add(_ bytes: [UInt8], _ interface: CaptureInterface, index: Int) {
    let short = BlockBytes.interface(interface, isBigEndian: isBigEndian)
    let kept = bytes.count <= short.count || take(bytes.count - short.count) ? bytes : short
    interfaces.append(Interface(index: index, bytes: kept, interface: interface))
  }

  /// `false` where there is no room: then only the file at hand has it.
  func add(_ bytes: RawSpan) -> Bool {
    guard take(bytes.byteCount) else { return false }
    shared.append(bytes.array)
    return true
  }

  private func take(_ count: Int) -> Bool {
    guard count <= room else { return false }
    room -= count
    return true
  }
}
