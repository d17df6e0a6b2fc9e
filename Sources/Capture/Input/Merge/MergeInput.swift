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

  struct Beginning {
    /// Of the first packet; the earliest of all where that is not known; `nil` if there is none.
    var time: Int64? = .min
    var interfaces: [CaptureInterface] = []
    var framesStay = false
    var damages: [CaptureDamage] = []
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

  /// Reads on, as `PacketSource.fill` does. Frames that were taken before are invalid then, unless
  /// those of the source stay.
  func refill() -> Bool {
    position = 0
    return source?.fill(&batch) ?? false
  }
}

extension MergeInput.Beginning {
  fileprivate init(_ source: any PacketSource) {
    var batch = FrameBatch(capacity: 1)
    while batch.isEmpty, source.fill(&batch) {}
    time = batch.isEmpty ? nil : batch[0].timestamp.nanoseconds
    interfaces = source.interfaces
    framesStay = source.framesStay
    damages = source.damages
  }
}
