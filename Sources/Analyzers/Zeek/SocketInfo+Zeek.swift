import Analysis

/// Zeek's words for a conversation.
extension SocketInfo {
  /// `C` and the flow ID in base 62: as short as Zeek's, and the same in every run.
  var zeekUID: String {
    let digits: StaticString = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    let number = flowID
    // So short that the string keeps it in place: the letter, and at most eleven digits.
    return unsafe String(unsafeUninitializedCapacity: 12) { text in
      unsafe text[0] = UInt8(ascii: "C")
      var weight: UInt64 = 1
      while number / weight >= 62 { weight *= 62 }
      var count = 1
      while weight > 0 {
        unsafe text[count] = digits.utf8Start[Int(number / weight % 62)]
        weight /= 62
        count += 1
      }
      return count
    }
  }

  /// Microseconds from the first packet to the last one that may have carried something: what follows
  /// when both ends have closed does not count. `nil` when no time passed, as with one packet.
  var zeekDuration: Int64? {
    let end = (closed ?? lastSeen).nanoseconds / 1000
    let duration = end &- firstPacket.timestamp.nanoseconds / 1000
    return duration > 0 ? duration : nil
  }

  /// `conn_state`
  var zeekState: String {
    guard transport == .tcp else { return zeekDatagramState }
    let ends = EndStates(self)
    if ends.in.isReset { return stateAfterResponderReset(ends) }
    if ends.out.isReset { return stateAfterOriginatorReset(ends) }
    switch (ends.out, ends.in) {
    case (.closed, .closed): return "SF"
    case (.closed, let peer): return peer.isUnopened ? "SH" : "S2"
    case (let peer, .closed): return peer.isUnopened ? "SHR" : "S3"
    case (.synSent, .inactive): return "S0"
    case (.established, .established): return "S1"
    default: return "OTH"
    }
  }

  private var zeekDatagramState: String {
    let letters = history.letters
    let out = letters.contains { $0 == (.data, .out) }
    let `in` = letters.contains { $0 == (.data, .in) }
    switch (out, `in`) {
    case (true, true): return "SF"
    case (true, false): return "S0"
    case (false, true): return "SHR"
    case (false, false): return "OTH"
    }
  }

  private func stateAfterResponderReset(_ ends: EndStates) -> String {
    let isEmpty = out.sentBytes == 0 && `in`.sentBytes == 0
    if ends.out == .synSent || ends.out == .answerSent || (ends.out.isReset && isEmpty) {
      return "REJ"
    }
    return ends.out.isUnopened ? "RSTRH" : "RSTR"
  }

  private func stateAfterOriginatorReset(_ ends: EndStates) -> String {
    guard ends.in.isUnopened else { return "RSTO" }
    return wasOnlyOpenedAndReset ? "RSTOS0" : "OTH"
  }

  /// Whether the originator began with a SYN and went on with nothing but a reset.
  private var wasOnlyOpenedAndReset: Bool {
    let letters = history.letters.filter { $0.letter != .flipped }
    guard let first = letters.first, first == (.syn, .out) else { return false }
    for case (let letter, .out) in letters {
      switch letter {
      case .reset: return true
      case .answer, .acknowledgment, .fin, .gap, .inconsistent, .multipleFlags: return false
      default: break
      }
    }
    return false
  }
}
