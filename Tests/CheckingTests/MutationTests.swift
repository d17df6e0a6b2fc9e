import Checking
import Support
import Testing
import Wire

/// A checker is as good as what it finds: each change that a careless rewriter might make, at each
/// place of a good capture.
@Suite("Each fault at each place")
struct MutationTests {
  /// Question and answer, each acknowledged by what follows.
  private static func talk(_ setting: Setting) -> Conversation {
    let stage = Stage(setting)
    stage.sender.timestamp = 100
    stage.receiver.timestamp = 900
    stage.talk.opens()
    for round in 0..<8 {
      stage.sender.timestamp = 101 + UInt32(round)
      stage.sender.sends("question \(round)")
      stage.receiver.acknowledges()
      stage.receiver.timestamp = 901 + UInt32(round)
      stage.receiver.sends("answer \(round), which is longer")
      stage.sender.acknowledges()
    }
    stage.talk.closes()
    return stage.talk
  }

  private static var ordered: CheckOptions {
    var options = CheckOptions.everything
    options.checksums = .none
    options.isInOrder = true
    return options
  }

  /// Adds to the 32 bits at an offset of the TCP header.
  private func adding(
    _ change: Int32, at offset: Int, toFrame index: Int, of talk: Conversation
  ) -> [CapturedFrame] {
    var frames = talk.frames
    let place = talk.transportOffset + offset
    let old = frames[index].bytes[place..<(place + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let new = old &+ UInt32(bitPattern: change)
    for byte in 0..<4 {
      frames[index].bytes[place + byte] = UInt8(truncatingIfNeeded: new >> UInt32(24 - 8 * byte))
    }
    return frames
  }

  private func hasText(_ frame: CapturedFrame, _ talk: Conversation) -> Bool {
    let header = Int(frame.bytes[talk.transportOffset + 12] >> 4) * 4
    return frame.bytes.count > talk.transportOffset + header
      && frame.bytes[talk.transportOffset + 13] & 7 == 0
  }

  @Test("Nothing is wrong with what is changed", arguments: Setting.all)
  func good(setting: Setting) {
    #expect(judge(Self.talk(setting).frames, Self.ordered).names.isEmpty)
  }

  @Test("A segment of text that is missing", arguments: Setting.all)
  func missing(setting: Setting) {
    let talk = Self.talk(setting)
    for index in talk.frames.indices where hasText(talk.frames[index], talk) {
      var frames = talk.frames
      frames.remove(at: index)
      #expect(!judge(frames, Self.ordered).errors.isEmpty, "packet \(index + 1)")
      #expect(!judge(frames).errors.isEmpty, "packet \(index + 1)")
    }
  }

  @Test("A sequence number that is wrong", arguments: Setting.all, [-7, -1, 1, 7] as [Int32])
  func sequence(setting: Setting, change: Int32) {
    let talk = Self.talk(setting)
    for index in talk.frames.indices where hasText(talk.frames[index], talk) {
      let frames = adding(change, at: 4, toFrame: index, of: talk)
      #expect(!judge(frames, Self.ordered).errors.isEmpty, "packet \(index + 1)")
    }
  }

  @Test("An acknowledgement that is too high", arguments: Setting.all, [1, 500] as [Int32])
  func acknowledgment(setting: Setting, change: Int32) {
    let talk = Self.talk(setting)
    for index in talk.frames.indices.dropFirst() {
      let frames = adding(change, at: 8, toFrame: index, of: talk)
      #expect(!judge(frames, Self.ordered).errors.isEmpty, "packet \(index + 1)")
      // Nor does it look like reordering, but for a FIN that is acknowledged before it comes.
      if index >= talk.frames.count - 5 { continue }
      var options = Self.ordered
      options.isInOrder = false
      #expect(!judge(frames, options).errors.isEmpty, "packet \(index + 1)")
    }
  }

  @Test("A byte that differs in a copy", arguments: Setting.all)
  func copies(setting: Setting) {
    let talk = Self.talk(setting)
    for index in talk.frames.indices where hasText(talk.frames[index], talk) {
      for place in 1...8 {
        var copy = talk.frames[index]
        copy.bytes[copy.bytes.count - place] ^= 1
        let frames = talk.frames + [copy]
        #expect(judge(frames, Self.ordered).names[.conflictingCopy] == 1)
      }
    }
  }

  @Test(
    "From one place on, sequence numbers that are shifted", arguments: Setting.all,
    [-3, 3] as [Int32])
  func shifted(setting: Setting, change: Int32) {
    let talk = Self.talk(setting)
    // The acknowledgements do not follow.
    let ports = talk.originator.port
    for first in 4..<(talk.frames.count - 8) {
      var frames = talk.frames
      for index in first..<frames.count where port(frames[index], talk) == ports {
        frames[index] = adding(change, at: 4, toFrame: index, of: talk)[index]
      }
      #expect(!judge(frames, Self.ordered).errors.isEmpty, "from packet \(first + 1) on")
    }
  }

  private func port(_ frame: CapturedFrame, _ talk: Conversation) -> UInt16 {
    UInt16(frame.bytes[talk.transportOffset]) << 8 | UInt16(frame.bytes[talk.transportOffset + 1])
  }
}
