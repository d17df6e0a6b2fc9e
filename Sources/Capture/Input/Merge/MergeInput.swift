import Buffers

/// One file of a merge. It waits for its turn with nothing open, is then read, and ends.
final class MergeInput {
  let file: CaptureFile
  /// How long the file is, where that is known.
  let total: UInt64?
  /// What a look at its beginning showed.
  let beginning: Beginning
  /// What it is read from, while it is.
  private(set) var source: (any PacketSource)?
  /// The indices of its interfaces among those of the whole input.
  var indices: [Int] = []
  private let mapped: Int
  private let identity: FileStatus.Identity
  private let claim: InputClaim?
  private var batch = FrameBatch(capacity: 0)
  private var position = 0
  /// How many blocks of the batch have been taken.
  private var blockPosition = 0
  /// Whether its first section header has been handed out already.
  var hasGivenSection = false

  struct Beginning {
    /// Of the first packet; the earliest of all where that is not known; `nil` if there is none.
    var time: Int64? = .min
    var interfaces: [CaptureInterface] = []
    var framesStay = false
    var damages: [CaptureDamage] = []
    /// The header of its first section, where that is a pcapng file.
    var section: HeldBlock?
    /// A longer one is not remembered.
    fileprivate static let sectionLimit = 64 << 10
  }

  /// What cannot be opened twice, such as a pipe, stays open and is not waited for.
  init(_ file: CaptureFile, mapped: Int) throws(OpenProblem) {
    self.file = file
    self.mapped = mapped
    let input = try OpenedInput(path: file.path)
    identity = input.status.identity
    claim = input.claim
    if input.isRepeatable {
      total = UInt64(input.status.size)
      beginning = Beginning(try input.source(.glance))
    } else {
      total = nil
      beginning = Beginning()
      source = try input.source(.amongMany, mapped: mapped)
      batch = FrameBatch(capacity: Self.batchSize)
    }
  }

  /// Small, as there may be many files at a time.
  private static let batchSize = 32

  /// Opens it for good, when its turn has come.
  func open() throws(OpenProblem) -> any PacketSource {
    let input = try OpenedInput(path: file.path)
    guard input.status.identity == identity else {
      throw .failed("was replaced by another file before its turn came")
    }
    let source = try input.source(.amongMany, mapped: mapped)
    guard source.framesStay || !beginning.framesStay else {
      throw .failed("can no longer be mapped into memory")
    }
    self.source = source
    batch = FrameBatch(capacity: Self.batchSize)
    return source
  }

  func close() {
    source = nil
    batch = FrameBatch(capacity: 0)
  }

  /// The time of the next frame; `nil` when those that have been read are used up.
  var headTime: Int64? {
    position < batch.count ? batch[position].timestamp.nanoseconds : nil
  }

  /// Takes the next of the frames that have been read.
  @inline(__always)
  func next() -> Frame? {
    guard position < batch.count else { return nil }
    let frame = batch[position]
    position &+= 1
    return frame
  }

  /// Whether blocks stand in front of the next frame.
  var hasBlocks: Bool {
    blockPosition < batch.blocks.count && batch.blocks[blockPosition].position <= position
  }

  /// Takes the next of the blocks that stand in front of the next frame.
  func nextBlock() -> CaptureBlock? {
    guard hasBlocks else { return nil }
    var block = batch.blocks[blockPosition]
    blockPosition += 1
    block.isMerged = true
    if indices.indices.contains(block.interface) {
      block.interface = indices[block.interface]
    } else {
      block.interface = -1
    }
    return block
  }

  /// Reads on, as `PacketSource.fill` does. Frames that were taken before are invalid then, unless
  /// those of the source stay.
  func refill(keepsBlocks: Bool) -> Bool {
    position = 0
    blockPosition = 0
    batch.keepsBlocks = keepsBlocks
    return source?.fill(&batch) ?? false
  }
}

extension MergeInput.Beginning {
  fileprivate init(_ source: any PacketSource) {
    var batch = FrameBatch(capacity: 1)
    batch.keepsBlocks = true
    while batch.isEmpty, source.fill(&batch) {
      guard section == nil, let first = batch.blocks.first else { continue }
      if first.byteCount <= Self.sectionLimit { section = HeldBlock(first) }
    }
    time = batch.isEmpty ? nil : batch[0].timestamp.nanoseconds
    interfaces = source.interfaces
    framesStay = source.framesStay
    damages = source.damages
  }
}
