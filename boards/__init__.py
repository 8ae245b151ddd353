"""What does the flight software ask of hardware?

A board is an object with these members; fsw.app calls nothing else.

    retained                 octets that a reset does not erase, fsw.kernel.checkpoint.RETAINED of
                             them, addressed like a bytearray
    away_frames              minor frames from the last one flown before a reset to the next,
                             0 .. 2^16 - 1
    self_test                tests of the board that failed at boot, by bit of ENUMS["SELF_TEST"]
    uplink_mode              row of ENUMS["UPLINK_MODE"]: who may command over this board's uplink
    command_key              in mode AUTHENTICATED only: octets of the key or None, key identifier,
                             store (fsw.link.antireplay), fsw.link.sha256.Sha256 with the rounds a
                             minor frame has time for
    files                    whether files can be sent down; a small board lacks the memory
    thumbnails               where files is true: small pictures that cameras hand in, a source of
                             files by trigger channel (fsw.data.files); or None
    ticks_us()               free-running microseconds, modulo 2^30
    read_sensors(cvt)        writes the sensor channels, raw; keeps the last values when it cannot
    read_triggers(cvt)       adds the pulses since the last call to CAMn_TRIGGERED, modulo 2^29, and
                             writes the time of the last one to CAMn_TAG_S and CAMn_TAG_FRACTION;
                             TRIGGERS_DOUBTED: channels that gave others than were asked for
    set_trigger(n, pulses, seconds)
                             channel n shall give so many pulses in so many seconds; 0 pulses: none
    power_cameras(mask)      cameras to have power, by bit; kept over a reset
    drive_outputs(mask)      deployment outputs to be on, by bit
    flash                    what outlasts a power cut, in sectors of fsw.data.areas.PAGES pages,
                             or None where there is none:
        sectors                          how many there are
        read(sector, page, buffer)       fills a buffer of up to the rest of the sector
        program(sector, page, buffer)    PAGE octets; takes bits from 1 to 0, in under 1 ms
        erase(sector)                    to 0xFF; takes tens of milliseconds
    downlink(cadu)           sends a whole sync marker and transfer frame; the buffer is reused
    uplink(buffer) -> int    copies one telecommand packet into buffer, returns its length or 0; not
                             asked for in mode AUTHENTICATED
    receive(buffer) -> int   in mode AUTHENTICATED only: copies octets of the uplink into buffer, as
                             many as have come and fit, returns how many
    feed_watchdog()          proves for one more window that everything that must run has run

None of them may allocate on the heap or raise once the flight core has started.
"""
