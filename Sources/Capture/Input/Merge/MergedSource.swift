import Buffers

/// Several files as one time line: a merge by the time of the next packet of each. A file keeps
/// its own order, even where its times run backwards; of packets of the same time the one whose
/// file comes first is first.
///
/// Each file is looked at once, for its first packet, and opened for good when that one's turn has
/// come. Mapped files hold no descriptor, so there may be tens of thousands at the same time.
final class MergedSource: PacketSource {
  /// Streams (pipes, and compressed files whose times overlap) that may be open at the same time:
  /// each has a descriptor and about 2 MiB.
  static let streamLimit = 256
  static let interfaceLimit = 1 << 20
  /// So much of section headers is remembered until the first packet.
  private static let sectionBytesLimit = 1 << 20
  /// More files than this do not stay mapped, as Linux limits mappings.
  private static let mappingLimit = 32_768

  let name: String
  let framesStay: Bool
  private(set) var interfaces: [CaptureInterface] = []
  private let inputs: [MergeInput]
  private let origins = MergeOrigins()
  private var queue = MergeQueue()
  private var ordinal: UInt64 = 0
  private var openStreams = 0
  /// Their last frames may be in the batch that was filled last, or anywhere if frames stay.
  private var ended: [MergeInput] = []
  private var broken: [CaptureDamage] = []
  private var hasGivenSections = false
  private var read: UInt64 = 0
  private let total: UInt64?

  /// A named file that cannot be opened is an error, one of a folder is damage.
  ///
  /// - Parameter mapped: how much of the mapped files is in memory at a time, about.
  init(
    _ files: [CaptureFile], name: String, mapped: Int = mostMapped
  ) throws(CaptureError) {
    self.name = name
    var inputs: [MergeInput] = []
    for file in files {
      do throws(OpenProblem) {
        inputs.append(try MergeInput(file, mapped: mapped / files.count))
      } catch {
        let error = CaptureError(file: file.path, reason: error.reason)
        if file.isNamed { throw error }
        broken.append(CaptureDamage(error))
      }
    }
    self.inputs = inputs
    framesStay = inputs.count <= Self.mappingLimit && inputs.allSatisfy(\.beginning.framesStay)
    let totals = inputs.compactMap(\.total)
    total = totals.count == inputs.count ? totals.reduce(0, +) : nil
    openStreams = inputs.count { $0.source != nil }
    if openStreams > Self.streamLimit {
      throw CaptureError(file: name, reason: Self.tooManyStreams)
    }
    for index in inputs.indices { enqueue(index) }
  }

  private static let tooManyStreams =
    "more than \(streamLimit) pipes and compressed files at the same time; decompress them first"

  private func enqueue(_ index: Int) {
    let input = inputs[index]
    // One without packets may have names or secrets for those of others.
    let isEmpty = input.beginning.time == nil && input.beginning.section == nil
    guard let time = isEmpty ? nil : input.beginning.time ?? .min else {
      broken += input.beginning.damages
      return
    }
    do throws(OpenProblem) {
      try register(input.beginning.interfaces, of: input)
      queue.insert(index, time: time)
    } catch {
      report(error, input)
    }
  }

  var damages: [CaptureDamage] {
    let lost = origins.lostFrames
    if lost == 0 { return broken }
    let reason = "\(lost) packets of other files went with what has gone from one"
    return broken + [CaptureDamage(file: name, byteOffset: nil, reason: reason)]
  }

  var progress: (read: UInt64, total: UInt64?) { (read, total) }

  func captureName(ofInterface index: Int) -> String? { origins.file(index) }

  func takeBackMissing(from batch: inout FrameBatch) { origins.takeBackMissing(from: &batch) }

  func fill(_ batch: inout FrameBatch) -> Bool {
    batch.removeAll()
    if !framesStay { letGoOfEnded() }
    if batch.keepsBlocks, !hasGivenSections { giveSections(to: &batch) }
    var bytes = 0
    while !batch.isFull, !batch.isFullOfBlocks, bytes < CaptureLimits.batchBytes,
      let index = queue.first
    {
      let input = inputs[index]
      if input.hasBlocks {
        appendBlocks(of: input, to: &batch)
        continue
      }
      if let frame = input.next() {
        bytes += frame.capturedLength + Int(frame.record.trailingLength)
        append(frame, of: input, to: &batch)
        // At its last frame it stays the first: what it has next is not known.
        if let time = input.headTime { queue.updateFirst(time: time) }
        continue
      }
      // Reading on moves the memory of a stream, which what was taken lies in.
      if batch.hasAnything, let source = input.source, !source.framesStay { break }
      guard readOn(input, keepsBlocks: batch.keepsBlocks) else { break }
    }
    takeBackMissing(from: &batch)
    return batch.hasAnything || !queue.isEmpty
  }

  var isWhole: Bool { false }

  /// The section headers of all files come first, so that what they say can stand in front.
  private func giveSections(to batch: inout FrameBatch) {
    hasGivenSections = true
    var room = Self.sectionBytesLimit
    for input in inputs {
      guard var block = input.beginning.section?.block, block.byteCount <= room else { continue }
      room -= block.byteCount
      block.isMerged = true
      input.hasGivenSection = true
      batch.append(block)
    }
  }

  @inline(never)
  private func appendBlocks(of input: MergeInput, to batch: inout FrameBatch) {
    while !batch.isFullOfBlocks, let block = input.nextBlock() {
      if block.type == BlockType.section, input.hasGivenSection {
        input.hasGivenSection = false
      } else {
        batch.append(block)
      }
    }
  }

  @inline(__always)
  private func append(_ frame: Frame, of input: MergeInput, to batch: inout FrameBatch) {
    ordinal &+= 1
    batch.append(
      frame.renumbered(ordinal: ordinal, interface: input.indices[frame.interface]))
  }

  private func letGoOfEnded() {
    for input in ended {
      origins.setSource(nil, of: input.indices)
      input.close()
    }
    ended.removeAll()
  }
}

/// The turns of the files.
extension MergedSource {
  /// Gets the next frames of the first file, or takes it out of the queue; `false` when there are
  /// none at the moment.
  private func readOn(_ input: MergeInput, keepsBlocks: Bool) -> Bool {
    do throws(OpenProblem) {
      if input.source == nil { try open(input) }
      guard let source = input.source else { return true }
      let before = source.progress.read
      let isOpen = input.refill(keepsBlocks: keepsBlocks)
      read += source.progress.read - before
      guard isOpen else {
        end(input)
        return true
      }
      try register(source.interfaces, of: input)
      guard let time = input.headTime else { return input.hasBlocks }
      queue.updateFirst(time: time)
    } catch {
      report(error, input)
      end(input)
    }
    return true
  }

  private func open(_ input: MergeInput) throws(OpenProblem) {
    if !input.beginning.framesStay && openStreams >= Self.streamLimit {
      throw .failed(Self.tooManyStreams)
    }
    let source = try input.open()
    if !source.framesStay { openStreams += 1 }
    origins.setSource(source, of: input.indices)
  }

  private func end(_ input: MergeInput) {
    queue.removeFirst()
    guard let source = input.source else { return }
    if !source.framesStay { openStreams -= 1 }
    broken += source.damages
    ended.append(input)
  }

  private func report(_ problem: OpenProblem, _ input: MergeInput) {
    broken.append(
      CaptureDamage(file: input.file.path, byteOffset: nil, reason: problem.reason))
  }

  /// Gives the interfaces that a file has shown by now their places in the table of all.
  private func register(
    _ found: [CaptureInterface], of input: MergeInput
  ) throws(OpenProblem) {
    if found.count == input.indices.count { return }
    for interface in found.dropFirst(input.indices.count) {
      guard interfaces.count < Self.interfaceLimit else {
        throw .failed("more interfaces than can be remembered (\(Self.interfaceLimit))")
      }
      input.indices.append(interfaces.count)
      interfaces.append(interface.amongOthers)
      origins.append(file: input.file.path)
    }
    origins.setSource(input.source, of: input.indices)
  }
}
