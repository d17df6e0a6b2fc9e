public import Buffers
import CSystem
public import Wire

/// Where packets come from: a capture file or several, standard input, an interface.
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
  /// A batch that keeps blocks gets them, too, and may have no frames then.
  ///
  /// A live pipe is not waited for without end: `true` with an empty batch says that nothing came
  /// for a moment. Look whether to go on, and fill again.
  func fill(_ batch: inout FrameBatch) -> Bool

  /// Whether frames stay in place as long as the source lives, so that it may be read ahead.
  var framesStay: Bool { get }

  /// Whether packets come as they happen, and no second run would see the same.
  var isLive: Bool { get }

  /// Whether it hands out everything of one input, in its order.
  var isWhole: Bool { get }

  /// Takes back what has gone since a batch was filled (a file that shrank). For who reads ahead:
  /// called before the batch is used, on any thread, while another one may fill.
  func takeBackMissing(from batch: inout FrameBatch)

  /// Why the input, or files of it, ended before their end; what came before was good and has been
  /// handed out.
  var damages: [CaptureDamage] { get }

  /// Bytes read, and how many there are where that is known.
  var progress: (read: UInt64, total: UInt64?) { get }

  /// The file that the packets of an interface come from, as records name it; `nil` where there is
  /// none. May be called while another thread fills, about interfaces of frames that it has seen.
  func captureName(ofInterface index: Int) -> String?

  /// What there was and was not handed out, once the source has come to its end or is left.
  var omissions: Omissions { get }
}

extension PacketSource {
  public var framesStay: Bool { false }
  public var isLive: Bool { false }
  public var isWhole: Bool { true }
  public func takeBackMissing(from batch: inout FrameBatch) {}
  public func captureName(ofInterface index: Int) -> String? { name }
  public var omissions: Omissions { Omissions() }

  /// Whether there may be something to take back.
  public var mayHaveShrunk: Bool { csystem_guard_has_faulted() != 0 }
}

/// Packets that a source did not hand out.
public struct Omissions: Hashable, Sendable {
  /// They did not match the filter.
  public var filteredOut: UInt64 = 0
  /// Why the filter makes no sense for a link type that was met; nothing of it matched.
  public var unfiltered: [LinkType: String] = [:]
  /// The kernel had no room for them, as they were not taken in time.
  public var droppedByKernel: UInt64 = 0
  /// The network card or its driver lost them.
  public var droppedByInterface: UInt64 = 0

  public init() {}
}

/// A place in a capture file where it stops making sense.
public struct CaptureDamage: Hashable, Sendable, CustomStringConvertible {
  /// The file as it was given or found.
  public var file: String
  /// Offset in the file; for a compressed one in its decompressed content. `nil` when not even
  /// its beginning could be read.
  public var byteOffset: UInt64?
  /// One clause: `record claims 4294967295 bytes`.
  public var reason: String

  public init(file: String, byteOffset: UInt64?, reason: String) {
    self.file = file
    self.byteOffset = byteOffset
    self.reason = reason
  }

  /// A file that could not be opened, among others that could.
  public init(_ error: CaptureError) {
    self.init(file: error.file, byteOffset: nil, reason: error.reason)
  }

  public var description: String {
    let place = byteOffset.map { "byte \($0): " } ?? ""
    return "\(file): \(place)\(reason)"
  }
}

/// Why an input cannot be read at all.
public struct CaptureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What messages put in front: `FILE: what is wrong`.
  public var file: String
  public var reason: String
  /// Whether a file that was to be written is read, or written, at the same time: nothing has become of
  /// it.
  public var isAboutInput: Bool

  public init(file: String, reason: String, isAboutInput: Bool = false) {
    self.file = file
    self.reason = reason
    self.isAboutInput = isAboutInput
  }

  public var description: String { "\(file): \(reason)" }
}
