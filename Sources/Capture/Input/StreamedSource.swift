import Buffers

/// Reads a capture that comes as a stream: a pipe, standard input, a compressed file.
/// Frames are valid until the next fill.
final class StreamedSource<Format: CaptureFormat>: PacketSource {
  let name: String
  private(set) var damages: [CaptureDamage] = []
  /// Goes before the file does, whose inode another one may have then.
  private let claim: InputClaim?
  private let input: StreamBuffer
  /// Bytes read from the file itself, and how many it has.
  private let fileProgress: () -> (read: UInt64, total: UInt64?)
  private var format: Format
  private var isAtEnd = false
  /// Of a block that is passed over, what has not come yet.
  private var skipping: Skipping?

  private struct Skipping {
    var length: Int
    var rest: Int
    var isBigEndian: Bool
    /// How much of it has come.
    var come: Int { length - rest - BlockHeader.endLength }
  }

  init(
    name: String, input: StreamBuffer, claim: InputClaim?, format: Format,
    progress: @escaping () -> (read: UInt64, total: UInt64?)
  ) {
    self.name = name
    self.input = input
    self.claim = claim
    self.format = format
    fileProgress = progress
  }

  var interfaces: [CaptureInterface] { format.interfaces }

  var progress: (read: UInt64, total: UInt64?) { fileProgress() }

  func fill(_ batch: inout FrameBatch) -> Bool {
    batch.removeAll()
    while !isAtEnd {
      if skipping != nil {
        guard skip() else { return !isAtEnd }
      }
      var window = input.window
      let stop = format.parse(&window, into: &batch)
      input.consume(window.position)
      if case .damaged(let reason) = stop { end(with: reason) }
      // What is there is handed out before the next read, which may wait and which moves the
      // memory that the frames lie in.
      if batch.hasAnything { return true }
      switch stop {
      case .needs(let count):
        switch input.more(needed: count) {
        case .bytes: continue
        case .nothingYet: return true
        case .end, .failed: endOfInput()
        }
      case .isTooLong(let block, let length):
        skipping = Skipping(
          length: length, rest: length - BlockHeader.endLength, isBigEndian: block.isBigEndian)
        guard batch.keepsBlocks else { continue }
        batch.append(block)
        return true
      case .batchIsFull, .damaged: return !isAtEnd
      }
    }
    return false
  }

  /// Passes over a block, but for its end, which says its length once more; `false` where no more of it
  /// is there.
  private func skip() -> Bool {
    while var skipped = skipping {
      let count = min(skipped.rest, input.window.available)
      input.consume(count)
      skipped.rest -= count
      skipping = skipped
      let missing = min(skipped.rest, 1) + BlockHeader.endLength
      if input.window.available < missing {
        switch input.more(needed: missing) {
        case .bytes: continue
        case .nothingYet: return false
        case .end, .failed:
          let come = skipped.come + input.window.available
          end(
            with: input.failure ?? "block cut off: \(come) of \(skipped.length) bytes",
            behind: skipped.come)
          return false
        }
      }
      guard skipped.rest == 0 else { continue }
      let field = input.window.bytes.load(bigEndianAt: 0, as: UInt32.self)
      let repeated = skipped.isBigEndian ? field : field.byteSwapped
      guard repeated == UInt32(truncatingIfNeeded: skipped.length) else {
        end(
          with: "block of \(skipped.length) bytes ends as one of \(repeated)",
          behind: skipped.come)
        return false
      }
      input.consume(BlockHeader.endLength)
      skipping = nil
    }
    return true
  }

  private func endOfInput() {
    isAtEnd = true
    if let failure = input.failure {
      input.consume(input.window.available)
      end(with: failure)
    } else if input.window.available > 0 {
      end(with: format.cutReason(of: input.window))
    }
  }

  /// - Parameter count: how much of what makes no sense has been passed over.
  private func end(with reason: String, behind count: Int = 0) {
    isAtEnd = true
    damages = [CaptureDamage(file: name, byteOffset: UInt64(input.offset - count), reason: reason)]
  }
}
