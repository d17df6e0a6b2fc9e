public import Buffers

/// Where packets come from: a capture file, standard input, an interface.
public protocol PacketSource: AnyObject {
  /// The name that messages and records call it by: the path as it was given, `-` for standard input.
  var name: String { get }

  /// The interfaces met so far; it grows while reading, and indices stay.
  var interfaces: [CaptureInterface] { get }

  /// Empties the batch and fills it with the next frames; `false` when there are none left.
  /// Frames of the previous batch are invalid from here on, unless `framesStay`.
  ///
  /// May be called on any thread, one at a time.
  ///
  /// A live pipe is not waited for without end: `true` with an empty batch says that nothing came
  /// for a moment. Look whether to go on, and fill again.
  func fill(_ batch: inout FrameBatch) -> Bool

  /// Whether frames stay in place as long as the source lives, so that it may be read ahead.
  var framesStay: Bool { get }

  /// Takes back what has gone since a batch was filled (a file that shrank). For who reads ahead:
  /// called before the batch is used, on any thread, while another one may fill.
  func takeBackMissing(from batch: inout FrameBatch)

  /// Why the input ended before its end; what came before was good and has been handed out.
  var damage: CaptureDamage? { get }

  /// Bytes read, and how many there are where that is known.
  var progress: (read: UInt64, total: UInt64?) { get }
}

extension PacketSource {
  public var framesStay: Bool { false }
  public func takeBackMissing(from batch: inout FrameBatch) {}
}

/// A place in a capture file where it stops making sense.
public struct CaptureDamage: Hashable, Sendable, CustomStringConvertible {
  /// Offset in the file; for a compressed one in its decompressed content.
  public var byteOffset: UInt64
  /// One clause: `record claims 4294967295 bytes`.
  public var reason: String

  public init(byteOffset: UInt64, reason: String) {
    self.byteOffset = byteOffset
    self.reason = reason
  }

  public var description: String { "byte \(byteOffset): \(reason)" }
}

/// Why an input cannot be read at all.
public struct CaptureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What messages put in front: `FILE: what is wrong`.
  public var file: String
  public var reason: String

  public init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }

  public var description: String { "\(file): \(reason)" }
}
