import Buffers

/// Reads a capture file that is mapped into memory: frames lie where they are in the file, and
/// stay valid as long as the source lives.
final class MappedSource<Format: CaptureFormat>: PacketSource {
  let name: String
  private(set) var damages: [CaptureDamage] = []
  /// Goes before the file does, whose inode another one may have then.
  private let claim: InputClaim?
  private let file: MappedFile
  private var format: Format
  private var window: Window
  private var isAtEnd = false

  /// - Parameter window: the whole file, positioned behind its header.
  init(name: String, file: MappedFile, claim: InputClaim?, format: Format, window: Window) {
    self.name = name
    self.file = file
    self.claim = claim
    self.format = format
    self.window = window
  }

  var interfaces: [CaptureInterface] { format.interfaces }

  var framesStay: Bool { true }

  var progress: (read: UInt64, total: UInt64?) { (UInt64(window.position), UInt64(window.count)) }

  func fill(_ batch: inout FrameBatch) -> Bool {
    batch.removeAll()
    if isAtEnd { return false }
    switch format.parse(&window, into: &batch) {
    case .batchIsFull: break
    case .needs, .isTooLong: endOfInput()
    case .damaged(let reason): end(with: reason)
    }
    file.reached(window.position)
    if isAtEnd { file.stopReadingAhead() }
    if isAtEnd || file.hasFault || hasEmptyFrame(batch) { dropWhatIsMissing(&batch) }
    return batch.hasAnything
  }

  private func endOfInput() {
    isAtEnd = true
    if window.available > 0 { end(with: format.cutReason(of: window)) }
  }

  private func end(with reason: String) {
    isAtEnd = true
    damages = [CaptureDamage(file: name, byteOffset: UInt64(window.position), reason: reason)]
  }

  /// Behind the end of a file that shrank there are zeros: a pcap record without bytes.
  private func hasEmptyFrame(_ batch: borrowing FrameBatch) -> Bool {
    !batch.isEmpty && batch[batch.count &- 1].capturedLength == 0
  }

  /// Ends the input, and takes back the frames that lie in a part of the file that has gone.
  @inline(never)
  private func dropWhatIsMissing(_ batch: inout FrameBatch) {
    guard let missing = file.missing() else { return }
    isAtEnd = true
    damages = [
      CaptureDamage(file: name, byteOffset: UInt64(missing.offset), reason: missing.reason)
    ]
    keepFrames(of: &batch, before: missing.offset)
  }

  func takeBackMissing(from batch: inout FrameBatch) {
    guard file.hasFault, let missing = file.missing() else { return }
    keepFrames(of: &batch, before: missing.offset)
  }

  private func keepFrames(of batch: inout FrameBatch, before end: Int) {
    var kept = batch.count
    while kept > 0, !isWhole(batch[kept - 1], before: end) { kept -= 1 }
    batch.truncate(to: kept)
    unsafe batch.keepBlocks(before: file.base + end)
  }

  private func isWhole(_ frame: Frame, before end: Int) -> Bool {
    unsafe frame.recordBytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe start + bytes.count <= file.base + end
    }
  }
}
