import Buffers

/// Reads a capture that comes as a stream: a pipe, standard input, a compressed file.
/// Frames are valid until the next fill.
final class StreamedSource<Format: CaptureFormat>: PacketSource {
  let name: String
  private(set) var damages: [CaptureDamage] = []
  private let input: StreamBuffer
  private let claim: InputClaim?
  /// Bytes read from the file itself, and how many it has.
  private let fileProgress: () -> (read: UInt64, total: UInt64?)
  private var format: Format
  private var isAtEnd = false

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
      var window = input.window
      let stop = format.parse(&window, into: &batch)
      input.consume(window.position)
      if case .damaged(let reason) = stop { end(with: reason) }
      // What is there is handed out before the next read, which may wait and which moves the
      // memory that the frames lie in.
      if !batch.isEmpty { return true }
      guard case .needs(let count) = stop else { return !isAtEnd }
      switch input.more(needed: count) {
      case .bytes: continue
      case .nothingYet: return true
      case .end, .failed: endOfInput()
      }
    }
    return false
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

  private func end(with reason: String) {
    isAtEnd = true
    damages = [CaptureDamage(file: name, byteOffset: UInt64(input.offset), reason: reason)]
  }
}
